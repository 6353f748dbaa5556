"""Two versions of a plan side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from accounts.http import StaffRequest, needs
from accounts.naming import in_language
from accounts.roles import Permission, Post
from incidents import queries
from incidents.models import LegalClock, MeasureKind, Phase, Plan
from incidents.plandiff import Difference, Pair
from incidents.views.plans.reading import named_conditions, named_contacts, named_supplies


def field_names() -> dict[str, str]:
    return {
        "name": _("Name (Chinese)"),
        "name_en": _("Name (English)"),
        "trigger": _("Starts when (Chinese)"),
        "trigger_en": _("Starts when (English)"),
        "objectives": _("Objectives (Chinese)"),
        "objectives_en": _("Objectives (English)"),
        "exit_condition": _("May be closed when (Chinese)"),
        "exit_condition_en": _("May be closed when (English)"),
        "review": _("Review (Chinese)"),
        "review_en": _("Review (English)"),
        "phase": _("Phase"),
        "instruction": _("What to do (Chinese)"),
        "instruction_en": _("What to do (English)"),
        "post": _("Done by"),
        "due_minutes": _("Done within"),
        "kind": _("Kind"),
        "params": _("Parameters"),
        "after": _("Begins after"),
        "needs_approval": _("Approval needed"),
    }


def value_shown(field: str, value: Any, names: Mapping[str, str]) -> str:
    """A measure's value as people read it."""
    if value in (None, "", [], {}):
        return "—"
    choices: dict[str, Callable[[Any], object]] = {
        "phase": lambda code: Phase(code).label,
        "post": lambda code: Post(code).label,
        "kind": lambda code: MeasureKind(code).label,
        "after": lambda codes: "、".join(names.get(code, code) for code in codes),
        "due_minutes": lambda minutes: _("%(minutes)s min") % {"minutes": f"{minutes:,}"},
        "needs_approval": lambda yes: _("yes") if yes else _("no"),
        "params": params_shown,
    }
    return str(choices.get(field, str)(value))


def params_shown(params: Mapping[str, Any]) -> str:
    """ "Posts to be called: …; Crews: …"."""
    shown: dict[str, tuple[str, Callable[[Any], object]]] = {
        "posts": (_("Posts to be called"), lambda codes: "、".join(str(Post(code).label) for code in codes)),
        "crews": (
            _("Crews"),
            lambda rows: "、".join(f"{Post(row['post']).label} {row['need']}/{row['call']}" for row in rows),
        ),
        "action": (_("What the system does"), lambda code: _("close lanes") if code == "close" else _("open lanes")),
        "cost_cap": (_("Extra cost at most"), lambda cap: f"{cap * 100:g} %"),
        "approve_each_wave": (_("Each wave needs its own approval"), lambda on: _("yes") if on else _("no")),
        "days": (
            _("Orders leave over"),
            lambda days: ngettext("%(days)s day", "%(days)s days", round(days)) % {"days": f"{days:g}"},
        ),
        "open_standby": (_("Standby warehouses may be opened"), lambda on: _("yes") if on else _("no")),
        "template": (_("Notice template"), str),
        "lines": (_("Supplies"), lambda rows: "、".join(" ".join(pair) for pair in named_supplies(rows))),
        "warehouse": (_("From the warehouse"), str),
        "every_minutes": (_("Repeated every"), lambda minutes: _("%(minutes)s min") % {"minutes": f"{minutes:,}"}),
    }
    return "; ".join(
        f"{shown[name][0]}: {shown[name][1](value)}" for name, value in params.items() if value is not None
    )


def row_pairs(pairs: list[Pair], shown: Callable[[Any], str]) -> list[dict[str, str]]:
    return [
        {
            "change": pair.change,
            "before": shown(pair.before) if pair.before is not None else "",
            "after": shown(pair.after) if pair.after is not None else "",
        }
        for pair in pairs
    ]


def lists_shown(found: Difference) -> list[tuple[str, list[dict[str, str]]]]:
    """Contacts, supplies, duties and automatic start, each as pairs of sentences."""
    clocks = {row.code: row.label for row in LegalClock.objects.all()}

    def contact(row: dict[str, str]) -> str:
        return " ".join(filter(None, named_contacts([row])[0]))

    def supply(row: dict[str, Any]) -> str:
        return " ".join(named_supplies([row])[0])

    def start(row: object) -> str:
        if isinstance(row, bool):
            return _("starts by itself") if row else _("starts by decision only")
        return named_conditions([row])[0]  # type: ignore[list-item]

    return [
        (title, rows)
        for title, rows in (
            (_("Contacts"), row_pairs(found.contacts, contact)),
            (_("Supplies"), row_pairs(found.supplies, supply)),
            (_("Duties by law"), row_pairs(found.legal_clocks, lambda code: clocks.get(code, code))),
            (_("Automatic start"), row_pairs(found.auto, start)),
        )
        if rows
    ]


@needs(Permission.VIEW)
@require_GET
def plan_diff(request: StaffRequest, pk: int, other: int) -> HttpResponse:
    """What changed from the plan `pk` to the plan `other`."""
    before, after = (get_object_or_404(Plan.objects.prefetch_related("measures"), pk=key) for key in (pk, other))
    found = queries.plan_difference(before, after)
    names = {row.code: row.label for plan in (before, after) for row in plan.measures.all()}
    labels = field_names()
    context = {
        "before": before,
        "after": after,
        "found": found,
        "texts": [(labels[change.field], change.paragraphs) for change in found.texts],
        "measures": [
            (
                change,
                in_language(change.name, change.name_en),
                [
                    (
                        labels.get(row.field, row.field),
                        value_shown(row.field, row.before, names),
                        value_shown(row.field, row.after, names),
                    )
                    for row in change.fields
                ],
            )
            for change in found.measures
        ],
        "lists": lists_shown(found),
        "tab": "plans",
    }
    return render(request, "incidents/plan_diff.html", context)

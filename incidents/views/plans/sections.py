"""The editor of a draft: a page of sections, each saved by itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from incidents import operations
from incidents.models import LegalClock, Phase, Plan, SeverityIndicator
from incidents.planfields import NAMES, TEXTS
from incidents.refusals import ChangedMeanwhile
from incidents.views.plans.reading import by_phase, region_names
from incidents.views.plans.saving import based_on, revised
from incidents.views.plans.steps import step_buttons
from incidents.views.rows import shown, typed_rows
from inventory.models import Item
from journal.refusal import Refusal

SECTIONS = ("texts", "contacts", "supplies", "legal", "auto")


@dataclass(frozen=True)
class Section:
    """What a section shows: `drawn` from the plan, or as it was typed; `values` go to write_plan."""

    drawn: dict[str, Any]
    values: dict[str, Any]


def titles() -> dict[str, str]:
    return {
        "texts": _("Texts"),
        "contacts": _("Contacts"),
        "supplies": _("Supplies"),
        "legal": _("Duties by law to ask about"),
        "auto": _("Automatic start"),
    }


def texts(plan: Plan, data: QueryDict | None) -> Section:
    fields = (*NAMES, *TEXTS)
    values = {name: getattr(plan, name) if data is None else data.get(name, "") for name in fields}
    labels = {
        "name": _("Name"),
        "trigger": _("Starts when"),
        "objectives": _("Objectives"),
        "exit_condition": _("May be closed when"),
        "review": _("Review"),
    }
    pairs = [
        {"field": field, "label": label, "zh": values[field], "en": values[f"{field}_en"], "long": field != "name"}
        for field, label in labels.items()
    ]
    return Section({"pairs": pairs}, {name: str(value).replace("\x00", "") for name, value in values.items()})


def contacts(plan: Plan, data: QueryDict | None) -> Section:
    fields = ("name", "name_en", "phone")
    if data is None:
        rows = [{"id": f"r{n}", **{f: row.get(f, "") for f in fields}} for n, row in enumerate(plan.contacts)]
    else:
        rows = [{"id": row.id, **{f: row.text(f) for f in fields}} for row in typed_rows(data, "contacts")]
    written = [{f: row[f] for f in fields} for row in rows if any(row[f] for f in fields)]
    return Section({"rows": rows}, {"contacts": written})


def supplies(plan: Plan, data: QueryDict | None) -> Section:
    items = Item.objects.order_by("rank", "code")
    if data is None:
        rows = [
            {"id": f"r{n}", "item": row["item"], "quantity": shown(row["quantity"])}
            for n, row in enumerate(plan.supplies)
        ]
        return Section({"rows": rows, "items": items}, {})
    typed = typed_rows(data, "supplies")
    rows = [{"id": row.id, "item": row.text("item"), "quantity": row.text("quantity")} for row in typed]
    written = [
        {"item": row.text("item"), "quantity": row.figure("quantity")}
        for row in typed
        if row.text("item") or row.text("quantity")
    ]
    return Section({"rows": rows, "items": items}, {"supplies": written})


def legal(plan: Plan, data: QueryDict | None) -> Section:
    chosen = plan.legal_clocks if data is None else data.getlist("legal_clocks")
    clocks = list(LegalClock.objects.all())
    # A duty that the rules retired leaves the list with the next save.
    return Section(
        {"clocks": clocks, "chosen": chosen}, {"legal_clocks": [row.code for row in clocks if row.code in chosen]}
    )


def auto(plan: Plan, data: QueryDict | None) -> Section:
    indicators = list(SeverityIndicator.objects.all())
    shares = {row.code for row in indicators if row.unit == SeverityIndicator.Unit.SHARE}
    drawn: dict[str, Any] = {"indicators": indicators}
    if data is None:
        rows = [
            {
                "id": f"r{n}",
                "indicator": row["indicator"],
                "at_least": shown(row["at_least"], 100 if row["indicator"] in shares else 1),
            }
            for n, row in enumerate(plan.auto_conditions)
        ]
        return Section({**drawn, "rows": rows, "auto_start": plan.auto_start}, {})
    typed = typed_rows(data, "auto")
    rows = [{"id": row.id, "indicator": row.text("indicator"), "at_least": row.text("at_least")} for row in typed]
    written = [
        {
            "indicator": row.text("indicator"),
            "at_least": row.figure("at_least", divided_by=100 if row.text("indicator") in shares else 1),
        }
        for row in typed
        if row.text("indicator") or row.text("at_least")
    ]
    on = "auto_start" in data
    return Section({**drawn, "rows": rows, "auto_start": on}, {"auto_start": on, "auto_conditions": written})


READ = {"texts": texts, "contacts": contacts, "supplies": supplies, "legal": legal, "auto": auto}


def section_context(plan: Plan, name: str, drawn: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "plan": plan,
        "section": name,
        "title": titles()[name],
        "part": f"incidents/plan_part_{name}.html",
        "base": plan.revision,
        **drawn,
        **more,
    }


@needs(Permission.MANAGE_PLANS)
@require_GET
def plan_edit(request: StaffRequest, pk: int) -> HttpResponse:
    """The editor: measures beside the texts and lists. What is no draft is only read."""
    plan = get_object_or_404(Plan.objects.prefetch_related("measures"), pk=pk)
    if plan.state != Plan.State.DRAFT:
        return redirect("plan_detail", pk=plan.pk)
    context = {
        "plan": plan,
        "region": region_names({plan.region_code}).get(plan.region_code, plan.region_code),
        "sections": [section_context(plan, name, READ[name](plan, None).drawn) for name in SECTIONS],
        "steps": step_buttons(plan),
        "tab": "plans",
        **measures_context(plan),
    }
    return render(request, "incidents/plan_edit.html", context)


def measures_context(plan: Plan) -> dict[str, Any]:
    phases = by_phase(plan)
    return {
        "plan": plan,
        "base": plan.revision,
        "phases": [(phase, str(Phase(phase).label), rows) for phase, rows in phases],
        "count": sum(len(rows) for _phase, rows in phases),
    }


@needs(Permission.MANAGE_PLANS)
@require_http_methods(["GET", "POST"])
def plan_section(request: StaffRequest, pk: int, section: str) -> HttpResponse:
    """One section: drawn anew, or saved. What cannot be saved comes back as it was typed, with what to do."""
    if section not in READ:
        raise Http404
    plan = get_object_or_404(Plan, pk=pk)
    if request.method != "POST":
        return render(
            request, "incidents/plan_section.html", section_context(plan, section, READ[section](plan, None).drawn)
        )
    typed = READ[section](plan, request.POST)
    try:
        plan = operations.write_plan(
            plan_id=pk, by=request.actor, texts=typed.values, expected_version=based_on(request)
        )
    except Refusal as refusal:
        context = section_context(
            plan,
            section,
            typed.drawn,
            refusal=str(refusal),
            wrong=refusal.extra.get("field", ""),
            wrong_row=refusal.extra.get("row"),
            conflict=isinstance(refusal, ChangedMeanwhile),
        )
        if not context["conflict"]:
            # The form keeps the revision it was drawn from.
            context["base"] = based_on(request) or plan.revision
        return render(request, "incidents/plan_section.html", context, status=refusal.status)
    drawn = READ[section](plan, None).drawn
    response = render(request, "incidents/plan_section.html", section_context(plan, section, drawn, saved=True))
    return revised(response, request, plan)

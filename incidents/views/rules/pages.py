"""The pages of the rules: one per area, one per version, and the sheet that brings an old version back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from accounts.http import StaffRequest, needs
from accounts.roles import Permission, Post
from accounts.views.answers import gone_to
from incidents import operations, queries
from incidents.forms import TEXT
from incidents.models import Level, Reach, RuleArea, RuleVersion, SeverityIndicator
from incidents.network import MEASURED
from incidents.refusals import ChangedMeanwhile
from incidents.views.answers import Sheet
from incidents.views.rules.typing import DRAWN, TYPED, Rows
from incidents.views.rules.wording import level_fields, rule_changes, rung_choices
from journal.kinds import names_in
from journal.refusal import Refusal

SHOWN_VERSIONS = 20


class ReasonForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("Why the rules are changed"),
        max_length=400,
        widget=forms.Textarea(attrs={**TEXT, "rows": 3, "autofocus": True}),
    )


def intro(area: str) -> str:
    return {
        RuleArea.MATRIX: _(
            "The most severe level that any figure reaches is the grade. Empty: no figure of this level."
        ),
        RuleArea.LEVELS: _("What each level switches on. Minutes count from the declaration."),
        RuleArea.LADDER: _("Whoever does not answer is tried again, then the alternates are called."),
        RuleArea.READINESS: _("What must be done before a command post is ready."),
        RuleArea.LEGAL: _("What the law wants, by when, and what the report must say."),
    }[RuleArea(area)]


def offered() -> dict[str, Any]:
    """What the selects of every area offer."""
    return {
        "levels": Level.choices,
        "posts": Post.choices,
        "reaches": Reach.choices,
        "units": SeverityIndicator.Unit.choices,
        "measurable": list(MEASURED),
        "rungs": rung_choices(),
        "figures": level_fields(),
        "blank_limits": [(level, "") for level in (4, 3, 2, 1)],
    }


def history(area: str) -> list[dict[str, Any]]:
    versions = list(RuleVersion.objects.filter(area=area).order_by("-number").defer("content")[:SHOWN_VERSIONS])
    names = names_in([row.made_by for row in versions])
    return [
        {
            "version": row,
            "who": _("shipped with Fenghuo") if row.made_by == "system" else names.get(row.made_by, row.made_by),
        }
        for row in versions
    ]


def form_context(request: StaffRequest, area: str, rows: Rows, number: int | None, **more: Any) -> dict[str, Any]:
    return {
        "area": area,
        "label": str(RuleArea(area).label),
        "part": f"incidents/rules_{area}.html",
        "rows": rows,
        "number": number,
        "may_change": request.actor.may(Permission.MANAGE_PLANS),
        **offered(),
        **more,
    }


@needs(Permission.VIEW)
@require_http_methods(["GET", "POST"])
def rules(request: StaffRequest, area: str = RuleArea.MATRIX) -> HttpResponse:
    """One area, to be read or changed as a whole. What cannot be saved comes back as it was typed."""
    if area not in RuleArea.values:
        raise Http404
    if request.method == "POST":
        return store(request, area)
    context = form_context(request, area, DRAWN[area](queries.content_of_rules(area)), queries.rule_number(area))
    context |= {
        "areas": RuleArea.choices,
        "intro": intro(area),
        "history": history(area),
        "tab": "rules",
    }
    return render(request, "incidents/rules.html", context)


def store(request: StaffRequest, area: str) -> HttpResponse:
    drawn, content = TYPED[area](request.POST)
    given = request.POST.get("number", "")
    number = int(given) if given.isdecimal() and len(given) < 10 else None
    note = request.POST.get("note", "")
    try:
        operations.write_rules(area=area, content=content, note=note, by=request.actor, expected_number=number)
    except Refusal as refusal:
        conflict = isinstance(refusal, ChangedMeanwhile)
        for row, errors in zip(drawn, errors_by_row(refusal, len(drawn)), strict=True):
            row["errors"] = errors
        context = form_context(
            request,
            area,
            drawn,
            queries.rule_number(area) if conflict else number,
            refusal=str(refusal),
            conflict=conflict,
            note=note,
        )
        return render(request, "incidents/rules_form.html", context, status=refusal.status)
    return gone_to(reverse("rules_area", args=[area]))


def errors_by_row(refusal: Refusal, count: int) -> list[dict[str, str]]:
    found: list[dict[str, str]] = [{} for _row in range(count)]
    for place, why in refusal.extra.get("errors", {}).items():
        number, _dot, field = place.partition(".")
        if int(number) < count:
            found[int(number)][field] = why
    return found


@needs(Permission.VIEW)
@require_GET
def rule_version(request: StaffRequest, area: str, number: int) -> HttpResponse:
    """What a version changed against the one before it."""
    version = get_object_or_404(RuleVersion, area=area, number=number)
    before = RuleVersion.objects.filter(area=area, number__lt=number).order_by("-number").first()
    newest = queries.rule_number(area)
    context = {
        "version": version,
        "before": before,
        "changes": rule_changes(area, before.content if before else [], version.content),
        "since": rule_changes(area, version.content, queries.content_of_rules(area)) if number != newest else [],
        "label": str(RuleArea(area).label),
        "who": names_in([version.made_by]).get(version.made_by, version.made_by),
        "may_restore": request.actor.may(Permission.MANAGE_PLANS) and number != newest,
        "tab": "rules",
    }
    return render(request, "incidents/rules_version.html", context)


@needs(Permission.MANAGE_PLANS)
@require_http_methods(["GET", "POST"])
def rule_restore(request: StaffRequest, area: str, number: int) -> HttpResponse:
    """The question whether an old version comes back, and its answer."""
    version = get_object_or_404(RuleVersion, area=area, number=number)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    sheet = Sheet(
        _("Bring version %(number)s back?") % {"number": number},
        _("Bring version %(number)s back") % {"number": number},
        [_("Its rows become the newest version; running responses keep what they were drawn with")],
        form,
    )
    response = sheet.answer(
        request,
        lambda values: operations.restore_rules(
            area=version.area, number=number, note=str(values["note"]), by=request.actor
        ),
    )
    return gone_to(reverse("rules_area", args=[area])) if response.status_code == 204 else response

"""The rules of sending and of care: read by everybody, changed by administrators."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.http import StaffRequest, needs
from accounts.models import Channel
from accounts.roles import Permission
from customers import queries
from customers.consequences import consequences
from customers.entries_care import AREA_NAMES
from customers.filters import CHANNELS
from customers.models import NoticePolicy
from customers.operations.rules import AREAS, Rules, change_rules, names_of, rules_of
from customers.refusals import BadRules, ChangedMeanwhile
from journal.kinds import describe
from journal.models import Entry
from journal.numbers import whole

SHOWN = 20
LISTED = {"channels", "urgent"}
PLACES = range(len(CHANNELS))


@needs(Permission.VIEW)
@require_http_methods(["GET", "POST"])
def rules_page(request: StaffRequest, area: str = "notices") -> HttpResponse:
    """An area's rules to change, and who changed what so far. What a change does at once is shown first: only who has
    seen that saves it."""
    if area not in AREAS:
        raise Http404
    row = rules_of(area)
    if request.method == "GET":
        return page(request, area, row, form_of(area)(instance=row))
    request.actor.require(Permission.MANAGE_TEMPLATES)
    given = request.POST
    form = form_of(area)(given, instance=rules_of(area))
    valid = form.is_valid()
    values = form.cleaned_data | (read_lists(row, given) if isinstance(row, NoticePolicy) else {})
    told = consequences(row, values) if valid else []
    version = whole(given.get("version", ""), digits=9)
    refusal: BadRules | ChangedMeanwhile | None = None
    try:
        if not valid:
            raise BadRules(_("Nothing was saved: correct what is marked."))
        if not told or given.get("seen") == digest(told):
            change_rules(area=area, values=values, by=request.actor, expected_version=version)
            return redirect("care_rules", area=area)
    except (BadRules, ChangedMeanwhile) as refused:
        refusal = refused
    if not isinstance(refusal, ChangedMeanwhile):
        row.version = version or row.version  # still to be compared with what a colleague saved meanwhile
    for name in LISTED & values.keys():
        setattr(row, name, values[name])
    return page(request, area, row, form, told=told, refusal=refusal)


def page(
    request: StaffRequest,
    area: str,
    row: Rules,
    form: forms.ModelForm[Any],
    *,
    told: Sequence[str] = (),
    refusal: BadRules | ChangedMeanwhile | None = None,
) -> HttpResponse:
    context = {
        "area": area,
        "areas": AREA_NAMES.items(),
        "row": row,
        "form": form,
        "errors": refusal.extra.get("errors", {}) if refusal else {},
        "refusal": refusal,
        "told": told,
        "seen": digest(told),
        "may_change": request.actor.may(Permission.MANAGE_TEMPLATES),
        "history": describe(list(Entry.objects.filter(subject=f"care_rules:{area}").order_by("-id")[:SHOWN])),
        **(lists(row) if isinstance(row, NoticePolicy) else {}),
    }
    return render(request, "customers/rules.html", context, status=refusal.status if refusal else 200)


def read_lists(row: NoticePolicy, given: QueryDict) -> dict[str, list[str]]:
    """The order of channels and what passes quiet hours, as chosen; what the page does not offer stays as it is."""
    offered = {code for code, _name in queries.sendable_templates()}
    return {
        "channels": [channel for place in PLACES if (channel := given.get(f"channels.{place}", ""))],
        "urgent": [*(code for code in row.urgent if code not in offered), *given.getlist("urgent")],
    }


def digest(told: Sequence[str]) -> str:
    """What a person has seen before saving."""
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def form_of(area: str) -> type[forms.ModelForm[Any]]:
    """A field for every rule that is no list."""
    names = [name for name in names_of(area) if name not in LISTED]
    return forms.modelform_factory(AREAS[area], fields=names)


def lists(row: NoticePolicy) -> dict[str, Any]:
    """The order of channels, a choice for each place; and every notice with whether it passes quiet hours."""
    places = [*row.channels, *[""] * len(PLACES)][: len(PLACES)]
    return {
        "places": list(enumerate(places)),
        "channels": [(code, Channel(code).label) for code in CHANNELS],
        "purposes": [(code, name, code in row.urgent) for code, name in queries.sendable_templates()],
    }

"""The rules of sending and of care: read by everybody, changed by administrators."""

from __future__ import annotations

import hashlib
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
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
from customers.operations.rules import AREAS, change_rules, names_of, rules_of
from customers.refusals import BadRules, ChangedMeanwhile
from journal.kinds import describe
from journal.models import Entry

SHOWN = 20
LISTED = {"channels", "urgent"}
PLACES = range(len(CHANNELS))


@needs(Permission.VIEW)
@require_http_methods(["GET", "POST"])
def rules_page(request: StaffRequest, area: str = "notices") -> HttpResponse:
    """An area's rules to change, and who changed what so far."""
    if area not in AREAS:
        raise Http404
    row = rules_of(area)
    given, errors, refusal, code = None, {}, "", 200
    told: list[str] = []
    if request.method == "POST":
        request.actor.require(Permission.MANAGE_TEMPLATES)
        version = request.POST.get("version", "")
        given = request.POST
        form = form_of(area)(given, instance=rules_of(area))
        form.is_valid()
        errors = {name: str(texts[0]) for name, texts in form.errors.items()}
        values = dict(form.cleaned_data)
        if isinstance(row, NoticePolicy):
            values["channels"] = [channel for place in PLACES if (channel := given.get(f"channels.{place}", ""))]
            shown = {code for code, _name in queries.sendable_templates()}
            values["urgent"] = [*(code for code in row.urgent if code not in shown), *given.getlist("urgent")]
        told = [] if errors else consequences(row, values)
        unseen = bool(told) and given.get("seen") != digest(told)
        try:
            if errors:
                raise BadRules(_("Nothing was saved: correct what is marked."), errors=errors)
            expected = int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None
            if not unseen:
                change_rules(area=area, values=values, by=request.actor, expected_version=expected)
        except BadRules as refused:
            errors, refusal, code = refused.extra["errors"], str(refused), 422
        except ChangedMeanwhile as refused:
            refusal, code = str(refused), refused.status
        else:
            if not unseen:
                return redirect("care_rules", area=area)
        row = rules_of(area)
        if unseen:
            for name in LISTED & values.keys():
                setattr(row, name, values[name])
    context = {
        "area": area,
        "areas": AREA_NAMES.items(),
        "row": row,
        "form": form_of(area)(given, instance=row) if given else form_of(area)(instance=row),
        "errors": errors,
        "refusal": refusal,
        "told": told,
        "seen": digest(told),
        "may_change": request.actor.may(Permission.MANAGE_TEMPLATES),
        "history": describe(list(Entry.objects.filter(subject=f"care_rules:{area}").order_by("-id")[:SHOWN])),
        **(lists(row) if isinstance(row, NoticePolicy) else {}),
    }
    return render(request, "customers/rules.html", context, status=code)


def digest(told: list[str]) -> str:
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

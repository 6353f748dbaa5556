"""Sheets for what happens to the network: opening a backup warehouse, running with less, saying why it is closed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from accounts.views.answers import done
from dispatch.models import Cause, Lane, LaneState, RerouteRun, Warehouse
from dispatch.operations import degrade_lane, limit_warehouse, restore_lane
from dispatch.operations.closures import explain_closure
from dispatch.operations.openings import end_opening, end_openings, open_warehouse
from journal import clock
from journal.refusal import AlreadyDone, Refusal

BY_HAND = "opening:"


class WhyForm(forms.Form):
    """Why, who says so and until when."""

    cause = forms.ChoiceField(
        label=gettext_lazy("Cause"), required=False, widget=forms.Select(attrs={"class": "form-select"})
    )
    source = forms.CharField(
        label=gettext_lazy("Who says so"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    expected_until = forms.DateTimeField(
        label=gettext_lazy("Expected to end"),
        required=False,
        widget=forms.DateTimeInput(attrs={"class": "form-control", "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cause"].choices = [("", _("not said")), *Cause.choices]  # type: ignore[attr-defined]


class LimitForm(WhyForm):
    """How much still runs."""

    share = forms.IntegerField(
        label=gettext_lazy("Runs at, % of its capacity"),
        min_value=1,
        max_value=100,
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )
    field_order = ("share", "cause", "source", "expected_until")


class OpeningForm(forms.Form):
    """What an opened warehouse takes, for what and until when."""

    throughput = forms.IntegerField(
        label=gettext_lazy("Orders a day"),
        min_value=1,
        max_value=10_000_000,
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )
    reference = forms.RegexField(
        r"^[a-z]+:[\w.:-]{1,50}$",
        label=gettext_lazy("For"),
        required=False,
        help_text=gettext_lazy("An incident as incident:42. Blank: opened by hand."),
        widget=forms.TextInput(attrs={"class": "form-control", "placeholder": "incident:42"}),
    )
    until = forms.DateTimeField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.DateTimeInput(attrs={"class": "form-control", "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )


def sheet(request: StaffRequest, form: forms.Form, *, status: int = 200, **context: Any) -> HttpResponse:
    shown = {"form": form, "action": request.get_full_path(), **context}
    return render(request, "fragments/sheet.html", shown, status=status)


def at(moment: datetime) -> str:
    """A time as a person says it: the hour today, the day besides otherwise."""
    local, today = timezone.localtime(moment), timezone.localtime(clock.now()).date()
    return date_format(local, "H:i" if local.date() == today else "m-d H:i")


def counted(number: int) -> str:
    return str(number_format(number, force_grouping=True))


@needs(Permission.APPROVE_REROUTE)
@require_http_methods(["GET", "POST"])
def opening(request: StaffRequest, code: str) -> HttpResponse:
    """Open a standby warehouse: what that gives and from when is said before it is done."""
    house = get_object_or_404(Warehouse, pk=code.replace("\x00", ""), retired_at=None)
    initial = {"throughput": house.daily_capacity}
    form = OpeningForm(request.POST if request.method == "POST" else None, initial=initial)
    usable = clock.now() + timedelta(hours=house.lead_hours)
    lanes = house.lanes.filter(retired_at=None)
    cities = lanes.values("region").distinct().count()
    context: dict[str, Any] = {
        "question": _("Open %(warehouse)s?") % {"warehouse": house.label},
        "verb": _("Open the warehouse"),
        "facts": [
            (_("Can be used from"), at(usable)),
            (
                _("Adds"),
                ngettext("+%(orders)s order a day", "+%(orders)s orders a day", house.daily_capacity)
                % {"orders": number_format(house.daily_capacity, force_grouping=True)},
            ),
            (_("Lanes that it opens"), counted(lanes.count())),
            (_("Reaches"), ngettext("%(count)s city", "%(count)s cities", cities) % {"count": cities}),
            (_("Handling cost of a unit"), _("%(amount)s CNY") % {"amount": f"{house.unit_cost:.2f}"}),
        ],
        "note": _("Reroutes use it from that moment; no order moves by itself."),
    }
    if request.method != "POST":
        return sheet(request, form, **context)
    if not form.is_valid():
        return sheet(request, form, status=422, **context)
    given = form.cleaned_data
    try:
        made = open_warehouse(
            code=house.code,
            reference=given["reference"] or f"{BY_HAND}{house.code}",
            throughput=given["throughput"],
            until=given["until"],
            by=request.actor,
        )
    except AlreadyDone:
        return done()
    except Refusal as refusal:
        return sheet(request, form, status=refusal.status, refusal=str(refusal), **context)
    return done(_("Can be used from %(time)s") % {"time": at(made.usable_from)})


@needs(Permission.APPROVE_REROUTE)
@require_POST
def opening_end(request: StaffRequest, code: str) -> HttpResponse:
    """Back on standby."""
    end_opening(code=code.replace("\x00", ""), by=request.actor)
    return done(_("On standby again"))


@needs(Permission.APPROVE_REROUTE)
@require_POST
def openings_end(request: StaffRequest, pk: int) -> HttpResponse:
    """So all that is open for a reroute's matter."""
    run = get_object_or_404(RerouteRun, pk=pk)
    end_openings(reference=run.reference, by=request.actor, exercise=run.exercise)
    return done(_("On standby again"))


@needs(Permission.APPROVE_REROUTE)
@require_http_methods(["GET", "POST"])
def limit(request: StaffRequest, kind: str, key: str) -> HttpResponse:
    """A lane or warehouse that runs with less than agreed."""
    thing = limited(kind, key)
    share = round(100 * thing.running_share) if thing.running_share < 1 else 50
    initial = {
        "share": share,
        "cause": thing.cause,
        "source": thing.source,
        "expected_until": local(thing.expected_until),
    }
    form = LimitForm(request.POST if request.method == "POST" else None, initial=initial)
    label = thing.label if isinstance(thing, Warehouse) else f"{thing.warehouse.label} → {thing.region.label}"
    context: dict[str, Any] = {"question": _("%(thing)s runs with less") % {"thing": label}, "verb": _("Save")}
    if request.method != "POST":
        return sheet(request, form, **context)
    if not form.is_valid():
        return sheet(request, form, status=422, **context)
    given = form.cleaned_data
    why = {name: given[name] for name in ("cause", "source", "expected_until")}
    try:
        if isinstance(thing, Warehouse):
            limit_warehouse(code=thing.code, share=given["share"] / 100, by=request.actor, **why)
        else:
            if thing.state == LaneState.DEGRADED:
                restore_lane(lane_id=thing.pk, by=request.actor)
            degrade_lane(lane_id=thing.pk, share=given["share"] / 100, by=request.actor, **why)
    except Refusal as refusal:
        return sheet(request, form, status=refusal.status, refusal=str(refusal), **context)
    return done()


@needs(Permission.APPROVE_REROUTE)
@require_POST
def unlimit(request: StaffRequest, kind: str, key: str) -> HttpResponse:
    """Runs as agreed again."""
    thing = limited(kind, key)
    if isinstance(thing, Warehouse):
        limit_warehouse(code=thing.code, share=1, by=request.actor)
    else:
        restore_lane(lane_id=thing.pk, by=request.actor)
    return done()


def limited(kind: str, key: str) -> Lane | Warehouse:
    if kind == "warehouse":
        return get_object_or_404(Warehouse, pk=key.replace("\x00", ""), retired_at=None)
    if kind != "lane" or not (key.isascii() and key.isdigit() and len(key) < 19):
        raise Http404
    return get_object_or_404(Lane.objects.select_related("warehouse", "region"), pk=int(key), retired_at=None)


def local(moment: datetime | None) -> datetime | None:
    return timezone.localtime(moment) if moment else None


@needs(Permission.APPROVE_REROUTE)
@require_http_methods(["GET", "POST"])
def explain_closing(request: StaffRequest) -> HttpResponse:
    """Why something is closed, who says so, how long it may last."""
    reference = request.GET.get("reference", "").replace("\x00", "")[:64]
    form = WhyForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"question": _("Why is it closed?"), "verb": _("Save")}
    if request.method != "POST":
        return sheet(request, form, **context)
    if not form.is_valid():
        return sheet(request, form, status=422, **context)
    try:
        explain_closure(reference=reference, by=request.actor, **form.cleaned_data)
    except Refusal as refusal:
        return sheet(request, form, status=refusal.status, refusal=str(refusal), **context)
    return done()

"""Rotations: the list, the editor with its preview, and the house's days off."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import operations, queries
from accounts.forms import RotationForm
from accounts.holidays import known_years
from accounts.http import StaffRequest
from accounts.models import CalendarDay, MemberDays, Rotation, User
from accounts.roles import Permission, rank_name
from journal.clock import now
from journal.kinds import names_in
from journal.numbers import whole
from journal.refusal import Refusal


@login_required
@require_GET
def rotation_list(request: StaffRequest) -> HttpResponse:
    """Every rotation in force, and the days that the house calls off."""
    request.actor.require(Permission.MANAGE_ACCOUNTS)
    rows = list(queries.rotations())
    named = names_in(f"region:{row.region_code:0<6}" for row in rows if row.region_code)
    today = timezone.localtime(now()).date()
    context = {
        "rows": [
            {
                "rotation": row,
                "rank": rank_name(row.rank),
                "region": named.get(f"region:{row.region_code:0<6}", row.region_code),
                "people": [member.user for member in row.members.all() if member.days == MemberDays.WORKING],
                "rest": [member.user for member in row.members.all() if member.days == MemberDays.REST],
            }
            for row in rows
        ],
        "days": CalendarDay.objects.filter(day__gte=today),
        "known_until": known_years()[-1],
        "unknown_years": queries.unknown_years(today, today.replace(year=today.year + 1)),
    }
    return render(request, "accounts/rotations.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def rotation_edit(request: StaffRequest, pk: int | None = None) -> HttpResponse:
    """A new rotation, or one that exists; POST saves it and makes its turns."""
    request.actor.require(Permission.MANAGE_ACCOUNTS)
    rotation = get_object_or_404(queries.rotations(), pk=pk) if pk else None
    if request.method == "GET":
        form = RotationForm.of(rotation) if rotation else RotationForm.blank(now())
        return render(request, "accounts/rotation.html", editor(form, rotation))
    form = RotationForm(request.POST)
    if not form.is_valid():
        return render(request, "accounts/rotation.html", editor(form, rotation), status=422)
    try:
        saved = operations.save_rotation(
            facts=form.facts(), rotation_id=pk, expected_version=form.cleaned_data["version"], by=request.actor
        )
    except Refusal as refusal:
        context = editor(form, rotation) | {"problem": str(refusal)}
        return render(request, "accounts/rotation.html", context, status=refusal.status)
    messages.success(request, _("“%(name)s” is saved; its turns stand in the roster.") % {"name": saved.label})
    return redirect(f"/roster/?region={saved.region_code}&rank={saved.rank}&span=month")


def editor(form: RotationForm, rotation: Rotation | None) -> dict[str, Any]:
    if form.is_bound:
        chosen = {days: form.people(days) for days in MemberDays.values}
    else:
        members = rotation.members.all() if rotation else []
        chosen = {days: [m.user_id for m in members if m.days == days] for days in MemberDays.values}
    people = User.objects.filter(is_active=True).exclude(name="").order_by("name", "pk")
    return {
        "form": form,
        "rotation": rotation,
        "people": people,
        "working": chosen[MemberDays.WORKING] or [0, 0],
        "rest": chosen[MemberDays.REST] or [0],
    }


@login_required
@require_POST
def rotation_preview(request: StaffRequest) -> HttpResponse:
    """The next four weeks as the form would make them; saves nothing."""
    form, key = RotationForm(request.POST), request.GET.get("rotation", "")
    context: dict[str, Any] = {}
    if not form.is_valid():
        context["problem"] = _("Fill in the fields above to see the next four weeks.")
    else:
        try:
            context["preview"] = operations.preview(
                facts=form.facts(),
                rotation_id=whole(key),
                by=request.actor,
            )
        except Refusal as refusal:
            context["problem"] = str(refusal)
    request.actor.require(Permission.MANAGE_ACCOUNTS)
    return render(request, "accounts/rotation_preview.html", context)


@login_required
@require_POST
def rotation_retire(request: StaffRequest, pk: int) -> HttpResponse:
    """End a rotation now."""
    rotation = operations.retire_rotation(rotation_id=pk, by=request.actor)
    messages.success(request, _("“%(name)s” is ended; its turns ahead are gone.") % {"name": rotation.label})
    return redirect("rotation_list")


class DaysForm(forms.Form):
    """Days that are off or working, or as the calendar has them."""

    first = forms.DateField(label=gettext_lazy("From"), input_formats=["%Y-%m-%d"])
    last = forms.DateField(label=gettext_lazy("Until"), input_formats=["%Y-%m-%d"], required=False)
    rests = forms.ChoiceField(choices=[("off", ""), ("work", ""), ("calendar", "")])
    name = forms.CharField(max_length=60, required=False)
    name_en = forms.CharField(max_length=60, required=False)


@login_required
@require_POST
def days_set(request: StaffRequest) -> HttpResponse:
    """Say which days are off."""
    request.actor.require(Permission.MANAGE_ACCOUNTS)
    form = DaysForm(request.POST)
    if not form.is_valid():
        raise operations.RotationRefused(_("Write the days such as 2027-02-05."))
    given = form.cleaned_data
    count = operations.set_calendar_days(
        days=operations.days_between(given["first"], given["last"] or given["first"]),
        rests={"off": True, "work": False}.get(given["rests"]),
        name=given["name"],
        name_en=given["name_en"],
        by=request.actor,
    )
    messages.success(request, ngettext("%(count)s day set.", "%(count)s days set.", count) % {"count": count})
    return redirect("rotation_list")

"""Posts that change hands: take, sign in, hand over, take over, sign out."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.http import StaffRequest, needs
from accounts.roles import Permission, Post
from accounts.views.answers import done
from incidents import callingforms as forms
from incidents import operations
from incidents.models import Attendance, PostSeat
from incidents.queries.rows import post_label
from incidents.views.answers import Sheet, seen


@login_required
@require_POST
def seat_step(request: StaffRequest, pk: int, post: str) -> HttpResponse:
    """Take an open post oneself."""
    operations.take_seat(incident_id=pk, post=post, by=request.actor)
    return done()


@needs(Permission.VIEW)
@require_http_methods(["GET", "POST"])
def seat_change(request: StaffRequest, pk: int, post: str, action: str) -> HttpResponse:
    """A post passes to somebody, or somebody is signed in: asked in a sheet, with what follows."""
    seats = PostSeat.objects.select_related("command_post__incident", "holder")
    seat = get_object_or_404(seats, command_post__incident_id=pk, post=post, shift=1)
    data = request.POST if request.method == "POST" else None
    values = {"post": post_label(post), "name": seat.holder.label if seat.holder else "—"}
    common: dict[str, Any] = {
        "incident_id": pk,
        "post": post,
        "by": request.actor,
        "expected_version": seen(request),
    }
    if action == "hand_over":
        lines = [_("The line of %(name)s on the sign-in board ends now, the next one begins") % values]
        if post == Post.COMMANDER:
            lines.append(_("Whoever takes command may confirm that the command post is ready, from this second on"))
        heir = forms.HandOverForm(data, seat=seat)
        sheet = Sheet(_("Hand over: %(post)s") % values, _("Hand over"), lines, heir, version=seat.version)
        return sheet.answer(request, lambda given: operations.hand_over_seat(**common, **chosen(given, "note")))
    if action == "take_over":
        lines = [_("%(name)s is relieved of the post; it stands in the log with your reason") % values]
        why = forms.TakeOverForm(data)
        sheet = Sheet(_("Take over: %(post)s") % values, _("Take over"), lines, why, danger=True, version=seat.version)
        return sheet.answer(request, lambda given: operations.take_over_seat(**common, note=given["note"]))
    if action == "sign_in":
        lines = [_("The time counts from now; it stands in the log as entered by you")]
        seen_here = forms.SignInForm(data, seat=seat)
        sheet = Sheet(_("Sign in: %(post)s") % values, _("Sign in"), lines, seen_here, version=seat.version)
        return sheet.answer(request, lambda given: operations.take_seat(**common, **chosen(given, "proof", "note")))
    raise Http404


def chosen(given: dict[str, Any], *names: str) -> dict[str, Any]:
    return {"user_id": given["user_id"], **{name: given[name] for name in names}}


@needs(Permission.VIEW)
@require_http_methods(["GET", "POST"])
def seat_leave(request: StaffRequest, pk: int) -> HttpResponse:
    """Somebody signs out; `pk` is their line of the sign-in board."""
    lines = Attendance.objects.select_related("seat__command_post", "user")
    line = get_object_or_404(lines, pk=pk)
    seat = line.seat
    values = {"name": line.user.label, "post": post_label(seat.post)}
    sheet = Sheet(
        _("%(name)s leaves: %(post)s") % values,
        _("Sign out"),
        [_("A post with too few people falls to the commander until somebody takes it")],
        forms.LeaveForm(request.POST if request.method == "POST" else None),
        version=seat.version,
    )

    def leave(given: dict[str, Any]) -> object:
        return operations.sign_out(
            incident_id=seat.command_post.incident_id,
            post=seat.post,
            user_id=line.user_id,
            note=given["note"],
            by=request.actor,
            expected_version=seen(request),
        )

    return sheet.answer(request, leave)

"""The command post's checklist and its readiness."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.actors import Actor, NotAllowed
from accounts.roles import Permission, Post
from incidents.models import CommandPost, DeadlineKind, PostSeat, ReadinessCheck
from incidents.operations import deadlines
from incidents.operations.change import Change, changing
from incidents.operations.followed import filled
from incidents.queries.rows import post_label
from incidents.refusals import ChecklistOpen, ImpossibleTime, NotManned, UnknownCode, already_done, illegal

S = CommandPost.State


def tick_readiness(
    *,
    incident_id: int,
    code: str,
    by: Actor,
    done: bool = True,
    done_at: datetime | None = None,
    expected_version: int | None = None,
) -> ReadinessCheck:
    """Tick (or untick) a line of the checklist, until the post is ready. Journals post.checked.

    `done_at` enters afterwards when it really was done.
    Raises UnknownCode, IllegalTransition, ImpossibleTime, NotAllowed.
    """
    by.require(Permission.DO_MEASURE)
    with changing(incident_id, by=by) as change:
        change.expect(expected_version)
        check = (
            ReadinessCheck.objects.select_for_update()
            .filter(command_post__incident=change.incident, code=code)
            .select_related("command_post")
            .first()
        )
        if check is None:
            raise UnknownCode(_("The checklist has no line %(code)s.") % {"code": str(code)[:40]})
        if (check.done_at is not None) == done:
            return check
        if check.command_post.state in {S.READY, S.CLOSED}:
            raise illegal(change.incident, "check")
        if done_at is not None and not check.command_post.opened_at <= done_at <= change.now:
            raise ImpossibleTime(_("The time must lie between the start of the response and now."))
        check.done_at, check.done_by = (done_at or change.now, str(by)) if done else (None, "")
        check.save()
        earlier = done_at if done else None
        change.tell(
            "post.checked" if done else "post.unchecked",
            {"check": f"check:{check.pk}"},
            occurred_at=earlier,
            backfilled=earlier is not None,
        )
        return check


def confirm_post_ready(*, incident_id: int, by: Actor, expected_version: int | None = None) -> CommandPost:
    """The commander confirms: manned, checklist done, ready. This ends the thirty minutes.

    Confirms: who holds the commander's seat, whoever may lower levels, and at a level without a commander's seat
    whoever may command. Doing it twice raises AlreadyDone. Journals post.ready with the exact seconds since the
    declaration. Raises NotManned, ChecklistOpen, IllegalTransition, NotAllowed.
    """
    by.require(Permission.VIEW)
    with changing(incident_id, by=by) as change:
        post = CommandPost.objects.select_for_update().filter(incident=change.incident).first()
        if post is None or post.state == S.CLOSED:
            raise illegal(change.incident, "confirm_ready")
        seats = list(PostSeat.objects.filter(command_post=post, shift=1).order_by("id"))
        check_commander(change, seats)
        if post.state == S.READY:
            raise already_done(change.incident, "confirm_ready")
        change.expect(expected_version)
        if post.state == S.OPENING:
            taken = filled(seats)
            missing = [seat.post for seat in seats if seat.required and not taken[seat.pk]]
            raise NotManned(
                _("Not on post yet: %(posts)s.") % {"posts": "、".join(post_label(code) for code in missing)},
                missing=missing,
            )
        unticked = list(post.checks.filter(done_at=None))
        if unticked:
            raise ChecklistOpen(
                _("Still open on the checklist: %(items)s.") % {"items": "、".join(item.label for item in unticked)},
                open=[item.code for item in unticked],
            )
        post.make_ready()
        post.ready_at, post.confirmed_by = change.now, str(by)
        post.save()
        deadlines.settle(change, DeadlineKind.READY, f"post:{post.pk}")
        declared = change.incident.called_up_at or post.opened_at
        seconds = change.times.between(declared, change.now).total_seconds()
        change.tell("post.ready", {"seconds": round(seconds, 3)})
        return post


def check_commander(change: Change, seats: list[PostSeat]) -> None:
    by = change.by
    holds = any(s.post == Post.COMMANDER and s.holder_id is not None and s.holder_id == by.user_id for s in seats)
    without = not any(seat.post == Post.COMMANDER and seat.required for seat in seats)
    if not (holds or by.may(Permission.LOWER_LEVEL) or (without and by.may(Permission.COMMAND))):
        raise NotAllowed(by, Permission.LOWER_LEVEL)

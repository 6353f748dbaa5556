"""What follows from people's answers: the command post becomes manned, and measures that wait for people are done."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from accounts.actors import SYSTEM
from accounts.roles import Post
from incidents.models import CallOut, CommandPost, DeadlineKind, Measure, MeasureKind, PostSeat
from incidents.operations import attendance, deadlines, work
from incidents.operations.change import Change
from incidents.queries.rows import seat_state

S = CallOut.State
WAITING = (S.CALLED, S.ACKNOWLEDGED, S.UNREACHABLE)


def filled(seats: list[PostSeat]) -> dict[int, bool]:
    """Which seats are taken: by whoever arrived, or, when nobody is left to call, by the commander."""
    commander = any(seat.post == Post.COMMANDER and seat.arrived_at for seat in seats)
    return {
        seat.pk: bool(seat.arrived_at) or (seat.vacant and commander and seat.post != Post.COMMANDER) for seat in seats
    }


def follow(change: Change, *, at: datetime | None = None) -> None:
    """Bring the command post and the measures that wait for people in line with seats and call-outs.

    `at` is when the last arrival happened, if it is entered afterwards. Journals post.manned and measure.done.
    """
    post = CommandPost.objects.filter(incident=change.incident).first()
    if post is None or post.state == CommandPost.State.CLOSED:
        return
    seats = list(PostSeat.objects.filter(command_post=post, shift=1).order_by("id"))
    taken = filled(seats)
    required = [seat for seat in seats if seat.required]
    if post.state == CommandPost.State.OPENING and required and all(taken[seat.pk] for seat in required):
        man(change, post, seats, at)
    measures = Measure.objects.filter(
        incident=change.incident,
        state=Measure.State.RUNNING,
        kind__in=[MeasureKind.CALL_OUT, MeasureKind.MAN_COMMAND_POST],
    ).order_by("order", "id")
    calls: dict[int, list[CallOut]] = defaultdict(list)
    for call in CallOut.objects.filter(incident=change.incident):
        calls[call.seat_id].append(call)
    for measure in measures:
        if measure.kind == MeasureKind.MAN_COMMAND_POST:
            done, of = sum(taken[seat.pk] for seat in required), len(required)
            finished = post.state in {CommandPost.State.MANNED, CommandPost.State.READY}
        else:
            wanted = measure.params.get("posts") or [seat.post for seat in seats]
            called = [seat for seat in seats if seat.post in wanted]
            done = sum(seat_state(seat, calls[seat.pk]) in {"on_post", "acknowledged", "vacant"} for seat in called)
            of = len(called)
            finished = done == of
        progress = {"done": done, "of": of, "share": round(done / of, 4) if of else 1.0}
        if finished:
            work.settle(change, measure, Measure.State.DONE, by=SYSTEM, progress=progress, at=at)
        elif progress != measure.progress:
            measure.progress = progress
            measure.save()


def man(change: Change, post: CommandPost, seats: list[PostSeat], at: datetime | None) -> None:
    """Every required seat is taken. The second that counts is that of the last arrival."""
    arrivals = [seat.arrived_at for seat in seats if seat.required and seat.arrived_at]
    moment = max([post.opened_at, *arrivals]) if at is not None else change.now
    post.man()
    post.manned_at = moment
    post.save()
    declared = change.incident.called_up_at or post.opened_at
    change.tell(
        "post.manned",
        {
            "seats": sum(seat.required for seat in seats),
            "seconds": round(change.times.between(declared, moment).total_seconds(), 3),
        },
        occurred_at=moment if at is not None else None,
        backfilled=at is not None,
    )


def stand_down(change: Change) -> None:
    """The response is over: nobody is expected any more, those on post are released, the command post is closed."""
    attendance.stand_down(
        CallOut.objects.filter(incident=change.incident, state__in=WAITING).order_by("id"), change.now
    )
    attendance.release_everybody(change)
    deadlines.cancel(
        change, kinds=[DeadlineKind.ARRIVAL, DeadlineKind.QUORUM, DeadlineKind.READY, DeadlineKind.CONFIRM]
    )
    post = CommandPost.objects.filter(incident=change.incident).first()
    if post is not None and post.state != CommandPost.State.CLOSED:
        post.stand_down()
        post.closed_at = change.now
        post.save()
        change.tell("post.stood_down")


def drop_measures(change: Change, note: str, *, mark: str = "") -> None:
    """Skip everything that is still open; `mark` as in `work.drop_all`."""
    work.drop_all(change, work.open_measures(change), note, mark=mark)

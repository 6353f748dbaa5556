"""The lines of the sign-in board: who was on which seat, from when to when, and how we know (ICS 211)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from accounts.models import User
from incidents.models import Attendance, CallOut, PostSeat, Proof
from incidents.operations.change import Change

WITNESSED = (Proof.PHONE, Proof.WITNESS)


def present(seat: PostSeat) -> list[Attendance]:
    """The open lines of a seat, earliest arrival first."""
    return list(seat.attendances.filter(left_at=None).order_by("arrived_at", "id"))


def sign_in(
    change: Change,
    seat: PostSeat,
    user: User,
    moment: datetime,
    *,
    proof: str,
    note: str = "",
    after: Attendance | None = None,
) -> Attendance:
    """Open a line. Somebody else's word for it names who gave it as witness."""
    return Attendance.objects.create(
        seat=seat,
        user=user,
        arrived_at=moment,
        proof=proof,
        witness=str(change.by) if proof in WITNESSED else "",
        after=after,
        note=note.strip(),
    )


def sign_out(change: Change, line: Attendance, moment: datetime, *, note: str = "") -> None:
    """Close a line and release the call-out by which that person came, if there was one."""
    line.left_at = moment
    line.note = "\n".join(text for text in (line.note, note.strip()) if text)
    line.save()
    calls = CallOut.objects.select_for_update().filter(
        seat_id=line.seat_id, user_id=line.user_id, state=CallOut.State.ON_POST
    )
    for call in calls:
        release(call, moment)


def release(call: CallOut, moment: datetime) -> None:
    call.release()
    call.released_at = moment
    call.version += 1
    call.save()


def stand_down(calls: Iterable[CallOut], moment: datetime) -> list[CallOut]:
    """Nobody waits for these people any more; returns them."""
    found = list(calls)
    for call in found:
        call.stand_down()
        call.released_at = moment
        call.next_rung_at = call.remind_at = None
        call.version += 1
        call.save()
    return found


def release_everybody(change: Change) -> int:
    """The response is over: whoever is still on post may go. What the seats say of it stays. Returns how many."""
    calls = CallOut.objects.select_for_update().filter(incident=change.incident, state=CallOut.State.ON_POST)
    released = {call.user_id for call in calls}
    for call in calls.order_by("id"):
        release(call, change.now)
    lines = Attendance.objects.filter(seat__command_post__incident=change.incident, left_at=None)
    released |= set(lines.values_list("user_id", flat=True))
    lines.update(left_at=change.now)
    return len(released)

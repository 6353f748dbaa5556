"""Posts that take more than one person: how many are called, how many fill the seat, and when enough is enough.

A crew of "call 4, need 2": four people are called at once, each with a ladder of their own; two on post fill the seat.
As long as fewer than `need` are on post, whoever cannot come or does not answer is replaced by the next on the roster,
so that `wanted` people are hoped for at any time. Once `need` are on post nobody further is called, but those on their
way are still welcome; when `wanted` are on post the others are stood down. A single post is a crew of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from incidents.ladder import ALTERNATE
from incidents.models import CallOut, Deadline, DeadlineKind, DeadlineState, LevelRule, MeasureKind, Phase, PostSeat
from incidents.operations import deadlines
from incidents.operations.attendance import present
from incidents.operations.change import Change

if TYPE_CHECKING:
    from incidents.operations.drawing import Spec

S = CallOut.State
MOST = 10  # ranks 0 to 9 of the roster


def crews_of(rule: LevelRule, specs: Iterable[Spec]) -> dict[str, tuple[int, int]]:
    """post → (how many are called, how many are needed): the plan's call-out measures go before the level's rule."""
    found: dict[str, tuple[int, int]] = {}

    def keep(post: str, crew: Mapping[str, Any]) -> None:
        call = min(max(int(crew.get("call", 1)), 1), MOST)
        found[post] = (call, min(max(int(crew.get("need", 1)), 1), call))

    for post, crew in rule.crews.items():
        keep(post, crew)
    for spec in specs:
        if spec.kind == MeasureKind.CALL_OUT and spec.phase in {Phase.WARNING, Phase.ACTIVATION, Phase.RESPONSE}:
            for crew in spec.params.get("crews") or []:
                keep(str(crew["post"]), crew)
    return found


def subject_of(seat: PostSeat) -> str:
    return f"seat:{seat.pk}"


def draw_quorum(change: Change, seat: PostSeat, rule: LevelRule) -> None:
    """The time by which enough people must be on post, counted from when the seat was first called.

    Not drawn for a single post (its people's own arrivals are watched), nor again for one that is filled or was missed
    under the old limit, unless the new limit gives more time.
    """
    if seat.need < 2 or seat.arrived_at is not None:
        return
    first = calls_of(seat).order_by("called_at").values_list("called_at", flat=True).first()
    start = first or change.now
    due = change.incident.due(start, rule.on_post_minutes)
    missed = Deadline.objects.filter(incident=change.incident, subject=subject_of(seat), state=DeadlineState.MISSED)
    if due > change.now or not missed.exists():
        deadlines.open_deadline(change, DeadlineKind.QUORUM, subject_of(seat), due, started_at=start, post=seat.post)


def calls_of(seat: PostSeat) -> QuerySet[CallOut]:
    """The call-outs of a seat since the response began, or began again."""
    return CallOut.objects.filter(seat=seat, called_at__gte=seat.command_post.opened_at)


def enough(seat: PostSeat) -> bool:
    """Whether nobody further needs to be called for it."""
    return seat.arrived_at is not None or len(present(seat)) >= seat.need


def hoped_for(change: Change, seat: PostSeat, *, without: int = 0) -> int:
    """How many are on post, on their way in time, or called so lately that their alternates' turn has not come;
    `without` leaves out one call-out."""
    count = 0
    for call in calls_of(seat).exclude(pk=without):
        if call.state == S.ON_POST:
            count += 1
        elif call.state in {S.CALLED, S.ACKNOWLEDGED} and call.due_at > change.now:
            passed = any(kind == ALTERNATE for _minutes, kind, _value in call.ladder[: call.rung])
            count += call.state == S.ACKNOWLEDGED or not passed
    return count

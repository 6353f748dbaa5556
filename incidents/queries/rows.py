"""Shapes in which the pages and the API read a response."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from accounts.roles import Post
from incidents.models import CallOut, Deadline, DeadlineKind, DeadlineState, Incident, Measure, PostSeat
from incidents.queries.steps import NextStep, Step


@dataclass(frozen=True)
class DeadlineRow:
    """A deadline as shown: `overdue` also while the clock is about to mark it."""

    id: int
    kind: str
    label: str
    post: str
    state: str
    started_at: datetime
    due_at: datetime
    settled_at: datetime | None
    overdue: bool
    measure_id: int | None
    subject: str

    @classmethod
    def of(cls, deadline: Deadline, now: datetime) -> DeadlineRow:
        prefix, _colon, key = deadline.subject.partition(":")
        return cls(
            id=deadline.pk,
            kind=deadline.kind,
            label=deadline.label,
            post=deadline.post,
            state=deadline.state,
            started_at=deadline.started_at,
            due_at=deadline.due_at,
            settled_at=deadline.settled_at,
            overdue=deadline.state == DeadlineState.MISSED
            or (deadline.state == DeadlineState.OPEN and deadline.due_at <= now),
            measure_id=int(key) if prefix == "measure" else None,
            subject=deadline.subject,
        )


@dataclass(frozen=True)
class MeasureRow:
    """A measure as shown. `may` are the actions its state allows: start, complete, skip, retry."""

    measure: Measure
    late: bool
    share: float | None
    may: tuple[str, ...]

    @classmethod
    def of(cls, measure: Measure, now: datetime) -> MeasureRow:
        late = measure.due_at is not None and (measure.settled_at or now) > measure.due_at
        return cls(measure, late, measure.progress.get("share"), measure_actions(measure))


def measure_actions(measure: Measure) -> tuple[str, ...]:
    """What a person may do with a measure in its state."""
    state = Measure.State
    return {
        state.PENDING: ("start", "complete", "skip"),
        state.RUNNING: ("complete", "skip"),
        state.FAILED: ("retry", "complete", "skip"),
    }.get(measure.state, ())


@dataclass(frozen=True)
class PostGroup:
    """The measures of one role."""

    post: str
    label: str
    holder: str
    measures: list[MeasureRow]
    own: bool = False

    @property
    def done(self) -> int:
        return sum(row.measure.settled for row in self.begun)

    @property
    def begun(self) -> list[MeasureRow]:
        return [row for row in self.measures if row.measure.due_at is not None]

    @property
    def open_rows(self) -> list[MeasureRow]:
        """What is to be done now, the most urgent first."""
        rows = [row for row in self.begun if not row.measure.settled]
        return sorted(rows, key=lambda row: (row.measure.due_at, row.measure.order, row.measure.pk))

    @property
    def settled_rows(self) -> list[MeasureRow]:
        """What is done; of a measure that recurs only the newest round, and those that were late."""
        newest = {row.measure.code: row for row in self.measures if row.measure.settled}
        return [row for row in self.measures if row.measure.settled and (row is newest[row.measure.code] or row.late)]

    @property
    def earlier_rows(self) -> list[MeasureRow]:
        """Earlier rounds, done in time."""
        shown = {id(row) for row in self.settled_rows}
        return [row for row in self.measures if row.measure.settled and id(row) not in shown]

    @property
    def later_rows(self) -> list[MeasureRow]:
        """Those of phases that have not begun."""
        return [row for row in self.measures if row.measure.due_at is None and not row.measure.settled]


@dataclass(frozen=True)
class SeatRow:
    """A seat of the command post with the people called for it."""

    seat: PostSeat
    label: str
    holder: str
    state: str  # on_post, vacant, acknowledged, called, declined, unreachable, open
    call_outs: list[CallOut]
    due_at: datetime | None


@dataclass(frozen=True)
class Card:
    """A running incident in one glance."""

    incident: Incident
    level: int
    level_label: str
    level_name: str
    state_label: str
    elapsed: timedelta
    rate: float  # how fast drill time runs now; 1 in real life
    started_at: datetime
    deadlines: list[DeadlineRow]
    measures_total: int
    measures_done: int
    measures_late: int
    measures_failed: int
    called: int
    arrived: int
    post_state: str
    post_ready_at: datetime | None
    reroute_share: float | None
    notice_share: float | None
    next_step: NextStep | None


@dataclass(frozen=True)
class Room:
    """Everything the incident room shows that belongs to command."""

    incident: Incident
    card: Card | None
    level_name: str
    grade_sentence: str
    commander: str
    steps: list[Step]
    next_step: NextStep | None
    groups: list[PostGroup] = field(default_factory=list)
    seats: list[SeatRow] = field(default_factory=list)
    call_outs: list[CallOut] = field(default_factory=list)
    deadlines: list[DeadlineRow] = field(default_factory=list)


def seat_state(seat: PostSeat, call_outs: Iterable[CallOut]) -> str:
    """One word for a seat: the best of what its call-outs say. A crew is on its way when enough of it are."""
    if seat.arrived_at:
        return "on_post"
    states = [str(call.state) for call in call_outs]
    if seat.need > 1:
        coming = states.count("on_post") + states.count("acknowledged")
        if coming >= seat.need:
            return "acknowledged"
        if coming and not seat.vacant:
            return "called"
        states = [state for state in states if state not in {"on_post", "acknowledged"}]
    for state in ("on_post", "acknowledged", "called"):
        if state in states:
            return state
    if seat.vacant:
        return "vacant"
    return next((state for state in ("unreachable", "declined") if state in states), "open")


def post_label(post: str) -> str:
    return str(Post(post).label) if post in Post.values else post


URGENT = (
    DeadlineKind.LEGAL,
    DeadlineKind.CONFIRM,
    DeadlineKind.READY,
    DeadlineKind.QUORUM,
    DeadlineKind.ARRIVAL,
    DeadlineKind.MEASURE,
)
RANK: dict[str, int] = {kind: number for number, kind in enumerate(URGENT)}


def most_urgent(deadlines: Iterable[Deadline], now: datetime, count: int = 3) -> list[DeadlineRow]:
    """The deadlines to show first: by due time, the heavier kind first when equal."""
    first = sorted(deadlines, key=lambda row: (row.due_at, RANK.get(row.kind, 9), row.pk))
    return [DeadlineRow.of(deadline, now) for deadline in first[:count]]

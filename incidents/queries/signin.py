"""The sign-in board: who is called to which post, who is on it, since when, and how we know (ICS 211, 203)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from accounts.queries import on_duty
from accounts.roles import Post
from incidents import ics
from incidents.models import Attendance, CallOut, CommandPost, Incident, PostSeat, Proof
from incidents.queries.rows import post_label, seat_state
from journal import clock
from journal.kinds import actor_name, names_in

S = CallOut.State
SECTION_NAMES = {
    ics.COMMAND_STAFF: gettext_lazy("Command staff"),
    ics.GENERAL_STAFF: gettext_lazy("General staff"),
    ics.SITE: gettext_lazy("Site"),
}
# The nearest to being there first.
ORDER = [S.ON_POST, S.ACKNOWLEDGED, S.CALLED, S.UNREACHABLE, S.DECLINED, S.RELEASED, S.STOOD_DOWN]
COMING = {S.CALLED, S.ACKNOWLEDGED, S.UNREACHABLE}


@dataclass(frozen=True)
class Person:
    """Somebody called to a seat, or on it. `call` is empty for who sat down uncalled, `line` until they arrive."""

    user_id: int
    name: str
    state: str
    state_label: str
    holds: bool
    call: CallOut | None
    line: Attendance | None
    late: bool
    proof: str
    witness: str
    took: str = ""  # from the call to the arrival, "03:09"

    @property
    def due_at(self) -> datetime | None:
        return self.call.due_at if self.call else None

    @property
    def arrived_at(self) -> datetime | None:
        return self.line.arrived_at if self.line else (self.call.arrived_at if self.call else None)


@dataclass(frozen=True)
class BoardSeat:
    """A post of the first shift, with its relief. `fallen`: the commander answers for it."""

    seat: PostSeat
    label: str
    state: str
    people: list[Person]
    here: int
    fallen: bool
    relief: PostSeat | None

    @property
    def crew(self) -> bool:
        return self.seat.wanted > 1


@dataclass(frozen=True)
class Line:
    """One line of the attendance list."""

    post: str
    name: str
    line: Attendance
    proof: str
    witness: str


@dataclass(frozen=True)
class SignIn:
    """The board of one incident. `muster` is on post in time ÷ called (those not needed any more left out)."""

    incident: Incident
    post: CommandPost | None
    sections: list[tuple[str, list[BoardSeat]]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    filled: int = 0
    seats: int = 0
    people: int = 0
    called: int = 0
    in_time: int = 0
    fallen: list[str] = field(default_factory=list)
    commander: str = ""
    spans: list[str] = field(default_factory=list)

    @property
    def muster(self) -> float | None:
        return self.in_time / self.called if self.called else None


def sign_in_board(incident: Incident) -> SignIn:
    """Everything the board shows, in a fixed number of queries."""
    post = CommandPost.objects.filter(incident=incident).first()
    if post is None:
        return SignIn(incident, None)
    now = clock.now()
    seats = list(PostSeat.objects.filter(command_post=post).select_related("holder").order_by("id"))
    since = post.opened_at
    calls: dict[int, list[CallOut]] = defaultdict(list)
    for call in CallOut.objects.filter(incident=incident, called_at__gte=since).select_related("user"):
        calls[call.seat_id].append(call)
    rows = Attendance.objects.filter(seat__command_post=post).select_related("user", "seat")
    every = list(rows.order_by("arrived_at", "id"))
    names = names_in([line.witness for line in every])
    lines: dict[int, list[Attendance]] = defaultdict(list)
    for line in every:
        lines[line.seat_id].append(line)
    relief = {seat.post: seat for seat in seats if seat.shift == 2}
    commander = next((seat for seat in seats if seat.post == Post.COMMANDER and seat.shift == 1), None)
    board = []
    for seat in (seat for seat in seats if seat.shift == 1):
        open_lines = [line for line in lines[seat.pk] if line.left_at is None]
        board.append(
            BoardSeat(
                seat=seat,
                label=post_label(seat.post),
                state=seat_state(seat, calls[seat.pk]),
                people=[
                    replace(each, took=taken(incident, each.call))
                    for each in people_of(
                        seat, calls[seat.pk], open_lines, names, now, closed=post.closed_at is not None
                    )
                ],
                here=len(open_lines),
                fallen=seat.vacant and seat.post != Post.COMMANDER,
                relief=relief.get(seat.post),
            )
        )
    counted = [call for each in calls.values() for call in each if counts(call)]
    return SignIn(
        incident=incident,
        post=post,
        sections=sections(board),
        lines=[
            Line(post_label(line.seat.post), line.user.label, line, label_of(line.proof), witness(line, names))
            for line in every
        ],
        filled=sum(row.seat.arrived_at is not None for row in board),
        seats=len(board),
        people=len({line.user_id for line in every if line.left_at is None}),
        called=len(counted),
        in_time=sum(call.arrived_at is not None and call.arrived_at <= call.due_at for call in counted),
        fallen=[row.label for row in board if row.fallen],
        commander=commander.holder.label if commander and commander.holder and commander.arrived_at else "",
        spans=span_hints(board),
    )


def taken(incident: Incident, call: CallOut | None) -> str:
    """How long somebody took from their call, in drill time; blank before they arrive."""
    if call is None or call.arrived_at is None:
        return ""
    seconds = int(incident.times.between(call.called_at, call.arrived_at).total_seconds())
    hours = f"{seconds // 3600}:" if seconds >= 3600 else ""
    return f"{hours}{seconds % 3600 // 60:02}:{seconds % 60:02}"


def counts(call: CallOut) -> bool:
    """Whether a call counts in the muster: not when the person was no longer needed before their time was over."""
    return call.state != S.STOOD_DOWN or (call.released_at is not None and call.released_at > call.due_at)


def people_of(
    seat: PostSeat,
    calls: list[CallOut],
    lines: list[Attendance],
    names: dict[str, str],
    now: datetime,
    *,
    closed: bool,
) -> list[Person]:
    """Who is on the seat, and who is called to it; who is not needed any more only after the end."""
    by_user = {line.user_id: line for line in lines}
    shown = [call for call in calls if call.state not in {S.RELEASED, S.STOOD_DOWN} or closed]
    found = [person(seat, call, by_user.pop(call.user_id, None), names, now) for call in newest(shown)]
    for line in by_user.values():
        found.append(
            Person(
                user_id=line.user_id,
                name=line.user.label,
                state=S.ON_POST,
                state_label=str(S.ON_POST.label),
                holds=seat.holder_id == line.user_id,
                call=None,
                line=line,
                late=False,
                proof=label_of(line.proof),
                witness=witness(line, names),
            )
        )
    rank = {state: number for number, state in enumerate(ORDER)}
    return sorted(
        found, key=lambda each: (not each.holds, rank.get(S(each.state), 9), each.call.rank if each.call else 0)
    )


def newest(calls: Iterable[CallOut]) -> list[CallOut]:
    """Each person's last call to the seat."""
    return list({call.user_id: call for call in sorted(calls, key=lambda call: call.pk)}.values())


def person(seat: PostSeat, call: CallOut, line: Attendance | None, names: dict[str, str], now: datetime) -> Person:
    late = (call.arrived_at or now) > call.due_at if call.arrived_at or call.state in COMING else False
    return Person(
        user_id=call.user_id,
        name=call.user.label,
        state=call.state,
        state_label=str(S(call.state).label),
        holds=seat.holder_id == call.user_id and line is not None,
        call=call,
        line=line,
        late=late,
        proof=label_of(line.proof if line else call.proof),
        witness=witness(line, names) if line else "",
    )


def label_of(proof: str) -> str:
    return str(Proof(proof).label) if proof in Proof.values else ""


def witness(line: Attendance, names: dict[str, str]) -> str:
    return actor_name(line.witness, names) if line.witness else ""


def sections(board: list[BoardSeat]) -> list[tuple[str, list[BoardSeat]]]:
    """The seats by section, in the order of the organisation chart."""
    found = []
    for section, posts in ics.SECTIONS.items():
        order = {post: number for number, post in enumerate(posts)}
        rows = [row for row in board if ics.section_of(row.seat.post) == section]
        if rows:
            rows.sort(key=lambda row: order.get(row.seat.post, 99))
            found.append((str(SECTION_NAMES[section]), rows))
    return found


def span_hints(board: list[BoardSeat]) -> list[str]:
    """Who leads more people than anybody leads well, in words."""
    filled = {row.seat.post for row in board if not row.fallen}
    fallen = {row.seat.post for row in board if row.fallen}
    crews = {row.seat.post: row.here for row in board if row.crew}
    hints = []
    for span in ics.too_wide([row.seat.post for row in board], filled=filled, fallen=fallen, crews=crews):
        text = _(
            "%(post)s leads %(count)s directly; above %(most)s it is better to put a deputy or a chief in between."
        )
        if span.fallen:
            text = _(
                "%(post)s leads %(count)s directly, %(fallen)s of them unfilled posts; above %(most)s it is better to"
                " fill posts or to put a deputy or a chief in between."
            )
        figures = {"post": post_label(span.post), "count": span.count, "fallen": span.fallen, "most": ics.SPAN}
        hints.append(text % figures)
    return hints


def successors(seat: PostSeat) -> list[tuple[str, list[User]]]:
    """Who comes into question for a post, by group, nobody twice: its relief, its roster, whoever else is on post."""
    incident = seat.command_post.incident
    seats = PostSeat.objects.filter(command_post=seat.command_post_id)
    later = seats.filter(post=seat.post, shift=2).select_related("holder")
    relief = [each.holder for each in later if each.holder is not None]
    roster = on_duty(post=seat.post, at=clock.now(), region_code=incident.region_code, limit=10)
    lines = Attendance.objects.filter(seat__command_post=seat.command_post_id, left_at=None).select_related("user")
    groups = [(_("Relief"), relief), (_("On the roster"), roster), (_("On post here"), [line.user for line in lines])]
    seen = {seat.holder_id}
    found = []
    for name, users in groups:
        fresh = [user for user in dict.fromkeys(users) if user.pk not in seen]
        seen |= {user.pk for user in fresh}
        if fresh:
            found.append((name, fresh))
    return found

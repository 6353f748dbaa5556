"""One incident: its room, the list of all, and the page behind a call-out's link."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts.roles import Post
from incidents.links import call_out_of
from incidents.models import (
    CallOut,
    CommandPost,
    DeadlineState,
    Incident,
    Level,
    Measure,
    PostSeat,
    SeverityIndicator,
)
from incidents.queries.board import card, level_names
from incidents.queries.proposals import figure
from incidents.queries.rows import DeadlineRow, MeasureRow, PostGroup, Room, SeatRow, post_label, seat_state
from incidents.queries.steps import legal_steps, next_step
from incidents.queries.waits import drop_answered
from journal import clock


def incident_room(incident: Incident) -> Room:
    """Everything about one incident, in a fixed number of queries."""
    now = clock.now()
    measures = list(incident.measures.order_by("order", "round", "id"))
    drop_answered(measures)
    deadlines = list(incident.deadlines.exclude(state=DeadlineState.CANCELLED).order_by("due_at", "id"))
    post = CommandPost.objects.filter(incident=incident).first()
    seats = list(PostSeat.objects.filter(command_post__incident=incident).select_related("holder", "command_post"))
    call_outs = list(incident.call_outs.select_related("user", "seat").order_by("seat_id", "rank", "id"))
    calls: dict[int, list[CallOut]] = defaultdict(list)
    for call in call_outs:
        calls[call.seat_id].append(call)
    names = level_names()
    seat_rows = [seat_row(seat, calls[seat.pk]) for seat in seats]
    holders = {row.seat.post: row.holder for row in seat_rows if row.holder and row.seat.shift == 1}
    level = incident.response_level or incident.grade
    opened = [deadline for deadline in deadlines if deadline.state == DeadlineState.OPEN]
    return Room(
        incident=incident,
        card=card(
            incident, measures=measures, deadlines=opened, post=post, seats=seats, calls=calls, now=now, names=names
        )
        if incident.under_way
        else None,
        level_name=names.get(level, "") if level else "",
        grade_sentence=grade_sentence(incident),
        commander=holders.get(Post.COMMANDER, ""),
        steps=legal_steps(incident),
        next_step=next_step(incident, measures, post_state=post.state if post else ""),
        groups=groups(measures, holders, incident.suspended_at or now),
        seats=seat_rows,
        call_outs=call_outs,
        deadlines=[DeadlineRow.of(deadline, now) for deadline in deadlines],
    )


def seat_row(seat: PostSeat, call_outs: list[CallOut]) -> SeatRow:
    waiting = [call.due_at for call in call_outs if call.waiting]
    holder = seat.holder.label if seat.holder and seat.arrived_at else ""
    return SeatRow(
        seat, post_label(seat.post), holder, seat_state(seat, call_outs), call_outs, min(waiting, default=None)
    )


def groups(measures: list[Measure], holders: dict[str, str], now: datetime) -> list[PostGroup]:
    """Measures by the post that answers for them, in the order of the posts."""
    by_post: dict[str, list[MeasureRow]] = defaultdict(list)
    for measure in measures:
        by_post[measure.post].append(MeasureRow.of(measure, now))
    order = {post: number for number, post in enumerate(Post.values)}
    return [
        PostGroup(post, post_label(post), holders.get(post, ""), rows)
        for post, rows in sorted(by_post.items(), key=lambda item: order.get(item[0], 99))
    ]


def grade_sentence(incident: Incident) -> str:
    """ "Ⅱ: active lanes blocked 17 % ≥ 15 %", in the active language; blank while ungraded."""
    if incident.grade is None:
        return ""
    indicator = SeverityIndicator.objects.filter(code=incident.graded_by_indicator).first()
    level = str(Level(incident.grade).label)
    if indicator is None or incident.grade_value is None or incident.grade_threshold is None:
        return _("%(level)s: no indicator reaches a higher level") % {"level": level}
    return _("%(level)s: %(indicator)s %(value)s ≥ %(threshold)s") % {
        "level": level,
        "indicator": indicator.label,
        "value": figure(incident.grade_value, indicator.unit),
        "threshold": figure(incident.grade_threshold, indicator.unit),
    }


def incident_list(
    *, state: str = "", level: int | None = None, category: str = "", search: str = "", exercise: bool | None = False
) -> QuerySet[Incident]:
    """Incidents, newest first; real ones unless `exercise` is True (drills) or None (both)."""
    rows = Incident.objects.select_related("plan", "merged_into", "parent").order_by("-reported_at", "-id")
    if exercise is not None:
        rows = rows.filter(exercise__isnull=not exercise)
    if state == "open":
        over = [Incident.State.REVIEWED, Incident.State.DISMISSED, Incident.State.CLOSED, Incident.State.MERGED]
        rows = rows.exclude(state__in=over)
    elif state:
        rows = rows.filter(state=state)
    if level:
        rows = rows.filter(response_level=level)
    if category:
        rows = rows.filter(category=category)
    if search:
        rows = rows.filter(Q(title__icontains=search) | Q(number__icontains=search) | Q(site__icontains=search))
    return rows


@dataclass(frozen=True)
class CallOutPage:
    """What somebody who was called sees, without log-in. `may` are acknowledge, arrive, decline."""

    call_out: CallOut
    incident: Incident
    level_label: str
    post_label: str
    due_at: datetime
    site: str
    may: tuple[str, ...]


def answers(call: CallOut) -> tuple[str, ...]:
    """How a call-out may still be answered."""
    state = CallOut.State
    return {
        state.CALLED: ("acknowledge", "arrive", "decline"),
        state.UNREACHABLE: ("acknowledge", "arrive", "decline"),
        state.ACKNOWLEDGED: ("arrive", "decline"),
    }.get(call.state, ())


def call_out_page(token: str) -> CallOutPage | None:
    """The page behind a signed link; None when the link is not genuine."""
    pk = call_out_of(token)
    call = CallOut.objects.select_related("incident", "seat", "user").filter(pk=pk).first() if pk else None
    if call is None:
        return None
    incident = call.incident
    return CallOutPage(
        call_out=call,
        incident=incident,
        level_label=str(Level(incident.response_level or Level.IV).label),
        post_label=post_label(call.seat.post),
        due_at=call.due_at,
        site=incident.site,
        may=answers(call) if incident.under_way else (),
    )

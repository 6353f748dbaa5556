"""The board: every running incident in one card, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db.models import QuerySet

from incidents.models import (
    CallOut,
    CommandPost,
    Deadline,
    DeadlineState,
    Incident,
    Level,
    LevelRule,
    Measure,
    MeasureKind,
    PostSeat,
    SeverityIndicator,
)
from incidents.queries.rows import Card, most_urgent, seat_state
from incidents.queries.steps import next_step
from journal import clock

RUNNING = (Incident.State.RESPONDING, Incident.State.RECOVERING, Incident.State.SUSPENDED)
WAITING = (Incident.State.REPORTED, Incident.State.GRADED, Incident.State.WARNED)


def running_incidents(*, exercise: bool | None = None) -> QuerySet[Incident]:
    """Those responding, recovering or standing still, the most severe first; `exercise` False for real ones, True for
    drills."""
    rows = Incident.objects.filter(state__in=RUNNING).order_by("response_level", "declared_at", "id")
    return rows if exercise is None else rows.filter(exercise__isnull=not exercise)


def open_incidents(*, exercise: bool | None = None) -> QuerySet[Incident]:
    """Reported, graded or pre-alerted, and nobody responds yet: they wait for the duty officer."""
    rows = Incident.objects.filter(state__in=WAITING).order_by("reported_at")
    return rows if exercise is None else rows.filter(exercise__isnull=not exercise)


def board_cards(*, exercise: bool | None = None, limit: int = 100) -> list[Card]:
    """Cards of the running incidents."""
    return cards(list(running_incidents(exercise=exercise)[:limit]))


def cards(incidents: list[Incident]) -> list[Card]:
    """Cards of these incidents, with six queries however many they are."""
    ids = [incident.pk for incident in incidents]
    now = clock.now()
    measures = by_incident(
        Measure.objects.filter(incident_id__in=ids, due_at__isnull=False).order_by("order", "round", "id")
    )
    deadlines = by_incident(Deadline.objects.filter(incident_id__in=ids, state=DeadlineState.OPEN))
    posts = {post.incident_id: post for post in CommandPost.objects.filter(incident_id__in=ids)}
    calls: dict[int, list[CallOut]] = defaultdict(list)
    for call in CallOut.objects.filter(incident_id__in=ids):
        calls[call.seat_id].append(call)
    seats: dict[int, list[PostSeat]] = defaultdict(list)
    for seat in PostSeat.objects.filter(command_post__incident_id__in=ids).select_related("command_post"):
        seats[seat.command_post.incident_id].append(seat)
    names = level_names()
    proposing = any(incident.proposed_level for incident in incidents)
    indicators = {row.code: row for row in SeverityIndicator.objects.all()} if proposing else {}
    return [
        card(
            incident,
            measures=measures[incident.pk],
            deadlines=deadlines[incident.pk],
            post=posts.get(incident.pk),
            seats=seats[incident.pk],
            calls=calls,
            now=now,
            names=names,
            indicators=indicators,
        )
        for incident in incidents
    ]


def card(
    incident: Incident,
    *,
    measures: list[Measure],
    deadlines: list[Deadline],
    post: CommandPost | None,
    seats: list[PostSeat],
    calls: dict[int, list[CallOut]],
    now: datetime,
    names: dict[int, str],
    indicators: Mapping[str, SeverityIndicator] | None = None,
) -> Card:
    begun = [measure for measure in measures if measure.due_at is not None]
    called = [seat for seat in seats if calls.get(seat.pk)]
    started = incident.declared_at or incident.reported_at
    looked_at = incident.suspended_at or now  # what stands still is not late
    level = incident.response_level or incident.grade or Level.IV
    return Card(
        incident=incident,
        level=level,
        level_label=str(Level(level).label),
        level_name=names.get(level, ""),
        state_label=str(incident.get_state_display()),  # type: ignore[attr-defined]
        elapsed=incident.times.between(started, incident.closed_at or now),
        rate=incident.times.factor_at(now),
        started_at=started,
        deadlines=most_urgent(deadlines, now),
        measures_total=len(begun),
        measures_done=sum(measure.settled for measure in begun),
        measures_late=sum(1 for m in begun if m.due_at and not m.settled and m.due_at <= looked_at),
        measures_failed=sum(measure.state == Measure.State.FAILED for measure in begun),
        called=len(called),
        arrived=sum(seat_state(seat, calls[seat.pk]) == "on_post" for seat in called),
        post_state=post.state if post else "",
        post_ready_at=post.ready_at if post else None,
        reroute_share=share_of(measures, MeasureKind.REROUTE),
        notice_share=share_of(measures, MeasureKind.NOTIFY_CUSTOMERS),
        next_step=next_step(incident, measures, post_state=post.state if post else "", indicators=indicators),
    )


def share_of(measures: Iterable[Measure], kind: str) -> float | None:
    """How far the newest begun measure of a kind has come, 0 to 1."""
    begun = [m for m in measures if m.kind == kind and m.state in {Measure.State.RUNNING, Measure.State.DONE}]
    if not begun:
        return None
    newest = max(begun, key=lambda measure: (measure.started_at is not None, measure.started_at or 0))
    return 1.0 if newest.state == Measure.State.DONE else float(newest.progress.get("share") or 0.0)


def level_names() -> dict[int, str]:
    """Level → its name in the active language ("特别重大")."""
    return {rule.level: rule.label for rule in LevelRule.objects.all()}


def by_incident(rows: Iterable) -> dict[int, list]:
    grouped: dict[int, list] = defaultdict(list)
    for row in rows:
        grouped[row.incident_id].append(row)
    return grouped

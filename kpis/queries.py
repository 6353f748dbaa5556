"""The figures of incidents, read from the journal, the orders and the throughput.

Definitions: activation = command post ready − declared (target 30 min); arrival = on post − that person's own call
(target 15 min); muster rate = on post in time ÷ called; notice latency = first notice − declared; T80 = first time
that throughput is at 80 % of its baseline and stays there for two hours (target 48 h); CSAT = scores 4 and 5 ÷ replies,
over several incidents of all their replies.

Durations of a drill are drill time, through the incident's time map. Drills and real incidents are never mixed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from customers.queries.satisfaction import Csat, csat
from dispatch.queries import RerouteProgress, reroute_progress, throughput
from incidents.models import CallOut, Deadline, DeadlineState, Incident, LevelRule
from journal import clock
from journal.models import Entry
from kpis.arithmetic import (
    HOUR,
    CurvePoint,
    lowest,
    mean,
    muster_rate,
    share,
    time_to_recover,
    within,
)

ACTIVATION_TARGET = timedelta(minutes=30)
ARRIVAL_TARGET = timedelta(minutes=15)
RECOVERY_TARGET = timedelta(hours=48)
CURVE_BEFORE = timedelta(hours=6)
LONGEST_CURVE = timedelta(hours=96)

FIRST = ("incident.reported", "incident.responded", "post.manned", "post.ready", "notice.first_sent")
LAST = ("incident.recovering", "incident.closed")


@dataclass(frozen=True)
class Arrival:
    """One person's call: `took` is None for somebody who did not come."""

    user: str  # "user:3"
    post: str
    rank: int
    declined: bool
    took: timedelta | None
    in_time: bool | None


@dataclass(frozen=True)
class IncidentFigures:
    """Everything measured about one incident. None means: did not happen, or cannot be known."""

    incident: Incident
    reported_at: datetime
    declared_at: datetime | None
    detection: timedelta | None
    decision: timedelta | None
    activation: timedelta | None
    activation_target: timedelta
    activation_kept: bool | None
    arrivals: list[Arrival]
    arrival_mean: timedelta | None
    arrival_target: timedelta
    muster: float | None
    notice_latency: timedelta | None
    notice_target: timedelta
    notice_kept: bool | None
    reroute: RerouteProgress | None
    reroute_share: float | None
    curve: list[CurvePoint] = field(default_factory=list)
    lowest: float | None = None
    t80: timedelta | None = None
    t80_kept: bool | None = None
    recovery: timedelta | None = None
    duration: timedelta | None = None
    deadlines_met: int = 0
    deadlines_missed: int = 0
    csat: Csat = field(default_factory=lambda: Csat({}))

    @property
    def called(self) -> int:
        return len(self.arrivals)

    @property
    def came_in_time(self) -> int:
        return sum(arrival.in_time is True for arrival in self.arrivals)

    @property
    def deadlines_share(self) -> float | None:
        return share(self.deadlines_met, self.deadlines_met + self.deadlines_missed)


def incident_figures(incident_id: int) -> IncidentFigures:
    """The figures of one incident as they stand now. Raises Incident.DoesNotExist."""
    incident = Incident.objects.get(pk=incident_id)
    times = incident.times
    entries = list(
        Entry.objects.filter(subject=incident.reference, kind__in=[*FIRST, *LAST, "callout.arrived"]).order_by("id")
    )
    entries += Entry.objects.filter(reference=incident.reference, kind="notice.first_sent").order_by("id")
    at = moments(entries)
    declared = incident.declared_at
    rule = LevelRule.objects.filter(level=incident.response_level).first() if incident.response_level else None
    activation_target = timedelta(minutes=rule.ready_minutes) if rule else ACTIVATION_TARGET
    arrival_target = timedelta(minutes=rule.on_post_minutes) if rule else ARRIVAL_TARGET
    notice_target = timedelta(minutes=rule.first_notice_minutes) if rule else ACTIVATION_TARGET

    def passed(start: datetime | None, end: datetime | None) -> timedelta | None:
        return times.between(start, end) if start and end else None

    activation = seconds_of(entries, "post.ready")
    latency = passed(declared, at.get("notice.first_sent"))
    people = arrivals(incident, entries, arrival_target)
    reroute = reroute_progress(incident.reference)
    curve = recovery_curve(incident)
    since = drill_moment(incident, declared) if declared else None
    after = [point for point in curve if since and point.hour + HOUR > since]
    t80 = time_to_recover(after, since) if since else None
    if t80 == timedelta() and incident.running:
        t80 = None  # it may still fall
    verdicts = list(
        Deadline.objects.filter(incident=incident, state__in=[DeadlineState.MET, DeadlineState.MISSED]).values_list(
            "state", flat=True
        )
    )
    return IncidentFigures(
        incident=incident,
        reported_at=incident.reported_at,
        declared_at=declared,
        detection=incident.reported_at - incident.occurred_at,
        decision=passed(incident.reported_at, declared),
        activation=activation,
        activation_target=activation_target,
        activation_kept=within(activation, activation_target),
        arrivals=people,
        arrival_mean=mean(person.took for person in people),
        arrival_target=arrival_target,
        muster=muster_rate((person.took for person in people), arrival_target),
        notice_latency=latency,
        notice_target=notice_target,
        notice_kept=within(latency, notice_target),
        reroute=reroute,
        reroute_share=share(reroute.applied, reroute.affected) if reroute else None,
        curve=curve,
        lowest=lowest(after),
        t80=t80,
        t80_kept=within(t80, RECOVERY_TARGET),
        recovery=passed(declared, at.get("incident.recovering")),
        duration=passed(declared, at.get("incident.closed")),
        deadlines_met=verdicts.count(DeadlineState.MET),
        deadlines_missed=verdicts.count(DeadlineState.MISSED),
        csat=csat(incident.reference),
    )


def seconds_of(entries: Iterable[Entry], kind: str) -> timedelta | None:
    """The duration that the first entry of a kind tells, measured by the engine between the acts themselves."""
    found = next((entry for entry in entries if entry.kind == kind), None)
    return timedelta(seconds=float(found.payload["seconds"])) if found else None


def moments(entries: Iterable[Entry]) -> dict[str, datetime]:
    """When each kind happened: the first time, except for what only its last time ends."""
    found: dict[str, datetime] = {}
    for entry in entries:
        known = found.get(entry.kind)
        earlier = known is not None and entry.occurred_at >= known
        if known is None or (entry.kind in LAST) == earlier:
            found[entry.kind] = entry.occurred_at
    return found


def arrivals(incident: Incident, entries: Iterable[Entry], target: timedelta) -> list[Arrival]:
    """Everybody who was called and not stood down before their time, with how long they took from their own call."""
    took = {
        str(entry.payload["callout"]): timedelta(seconds=float(entry.payload["seconds"]))
        for entry in entries
        if entry.kind == "callout.arrived"
    }
    # Who was stood down after their time had not come in time; the end of the response does not forgive it.
    spared = Q(state=CallOut.State.STOOD_DOWN) & (Q(released_at=None) | Q(released_at__lte=F("due_at")))
    calls = CallOut.objects.filter(incident=incident).exclude(spared)
    people = []
    for call in calls.select_related("seat").order_by("called_at", "id"):
        time = took.get(f"callout:{call.pk}")
        people.append(
            Arrival(
                user=f"user:{call.user_id}",
                post=call.seat.post,
                rank=call.rank,
                declined=call.state == CallOut.State.DECLINED,
                took=time,
                in_time=within(time, target),
            )
        )
    return people


def drill_moment(incident: Incident, at: datetime) -> datetime:
    """Where a real moment lies in the incident's own time; the same moment for a real incident."""
    return incident.reported_at + incident.times.between(incident.reported_at, at)


def recovery_curve(incident: Incident) -> list[CurvePoint]:
    """Throughput against its baseline by the hour: from before the report until now, or a little after closing."""
    end = min(
        drill_moment(incident, incident.closed_at or clock.now())
        + (timedelta(hours=6) if incident.closed_at else HOUR),
        incident.reported_at + LONGEST_CURVE,
    )
    if incident.exercise is None:
        end = min(end, clock.now())
    else:
        end = min(end, drill_moment(incident, incident.closed_at or clock.now()))
    begin = incident.reported_at - CURVE_BEFORE
    points = throughput(begin, end.replace(minute=0, second=0, microsecond=0), incident.exercise)
    return [CurvePoint(point.hour, point.orders, point.baseline) for point in points]


def measured_incidents(*, exercise: bool = False) -> QuerySet[Incident]:
    """Incidents that had a response and are over, newest first: real ones, or drills."""
    over = [Incident.State.CLOSED, Incident.State.REVIEWED]
    rows = Incident.objects.filter(state__in=over, declared_at__isnull=False, exercise__isnull=not exercise)
    return rows.order_by("-declared_at", "-id")


@dataclass(frozen=True)
class Means:
    """Means over several incidents, of what each of them has."""

    incidents: int
    activation: timedelta | None
    decision: timedelta | None
    muster: float | None
    notice_latency: timedelta | None
    reroute_share: float | None
    t80: timedelta | None
    csat: float | None


def means(figures: Iterable[IncidentFigures]) -> Means:
    """MTTA, mean activation and the rest, over these incidents."""
    rows = list(figures)

    def mean_share(values: Iterable[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return sum(known) / len(known) if known else None

    return Means(
        incidents=len(rows),
        activation=mean(row.activation for row in rows),
        decision=mean(row.decision for row in rows),
        muster=mean_share(row.muster for row in rows),
        notice_latency=mean(row.notice_latency for row in rows),
        reroute_share=mean_share(row.reroute_share for row in rows),
        t80=mean(row.t80 for row in rows),
        csat=share(sum(row.csat.happy for row in rows), sum(row.csat.replies for row in rows)),
    )

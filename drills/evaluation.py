"""What an exercise's evaluator observes: the checklist, read from what the engine itself recorded.

All durations are drill time. Weights are the house default and add up to 100.
"""

from __future__ import annotations

from datetime import timedelta

from dispatch.queries import reroute_progress, throughput
from drills.scoring import Item
from incidents.models import (
    CallOut,
    Deadline,
    DeadlineKind,
    DeadlineState,
    Incident,
    LevelRule,
    Measure,
    MeasureKind,
    PostSeat,
)
from journal.models import Entry

MUSTER, REROUTED, KEPT, RECOVERED = 0.8, 0.8, 0.9, 0.8
RECOVERED_WITHIN = timedelta(hours=48)


def evaluate(incident: Incident) -> list[Item]:
    """The eight lines of the checklist for an exercise's incident."""
    return [
        command_post(incident),
        muster(incident),
        alternates(incident),
        first_notice(incident),
        reroute(incident),
        supplies(incident),
        deadlines_kept(incident),
        recovery(incident),
    ]


def verdicts(incident: Incident, *kinds: str) -> tuple[int, int]:
    """How many deadlines were met, and how many were met or missed."""
    rows = Deadline.objects.filter(incident=incident, state__in=[DeadlineState.MET, DeadlineState.MISSED])
    if kinds:
        rows = rows.filter(kind__in=kinds)
    states = list(rows.values_list("state", flat=True))
    return states.count(DeadlineState.MET), len(states)


def command_post(incident: Incident) -> Item:
    met, judged = verdicts(incident, DeadlineKind.READY)
    post = getattr(incident, "command_post", None)
    found = ""
    if post and post.ready_at and incident.declared_at:
        found = clock_text(incident.times.between(incident.declared_at, post.ready_at))
    return Item("command_post", 20, bool(judged) and met == judged, critical=True, found=found)


def muster(incident: Incident) -> Item:
    met, judged = verdicts(incident, DeadlineKind.ARRIVAL)
    return Item("muster", 15, met >= MUSTER * judged if judged else None, found=f"{met}/{judged}" if judged else "")


def alternates(incident: Incident) -> Item:
    declined = set(
        CallOut.objects.filter(incident=incident, state=CallOut.State.DECLINED).values_list("seat_id", flat=True)
    )
    filled = PostSeat.objects.filter(pk__in=declined, arrived_at__isnull=False).count()
    return Item("alternates", 10, filled == len(declined) if declined else None, found=f"{filled}/{len(declined)}")


def first_notice(incident: Incident) -> Item:
    rule = LevelRule.objects.filter(level=incident.response_level or 0).first()
    if rule is None or incident.declared_at is None:
        return Item("first_notice", 15, None)
    sent = Entry.objects.filter(reference=incident.reference, kind="notice.first_sent").order_by("occurred_at").first()
    if sent is None:
        return Item("first_notice", 15, False)
    latency = incident.times.between(incident.declared_at, sent.occurred_at)
    in_time = latency <= timedelta(minutes=rule.first_notice_minutes)
    return Item("first_notice", 15, in_time, found=clock_text(latency))


def reroute(incident: Incident) -> Item:
    progress = reroute_progress(incident.reference)
    if progress is None or not progress.routable:
        return Item("reroute", 15, None)
    share = progress.applied / progress.routable
    return Item("reroute", 15, share >= REROUTED, found=f"{progress.applied}/{progress.routable}")


def supplies(incident: Incident) -> Item:
    measures = list(Measure.objects.filter(incident=incident, kind=MeasureKind.ISSUE_SUPPLIES))
    done = sum(measure.state == Measure.State.DONE for measure in measures)
    return Item("supplies", 5, done == len(measures) if measures else None, found=f"{done}/{len(measures)}")


def deadlines_kept(incident: Incident) -> Item:
    met, judged = verdicts(incident)
    return Item("deadlines", 10, met >= KEPT * judged if judged else None, found=f"{met}/{judged}")


def recovery(incident: Incident) -> Item:
    """Throughput back at 80 % when the incident was closed, and that within 48 hours of the declaration."""
    if incident.declared_at is None or incident.closed_at is None:
        return Item("recovery", 10, False)
    took = incident.times.between(incident.declared_at, incident.closed_at)
    end = incident.reported_at + incident.times.between(incident.reported_at, incident.closed_at)
    hour = end.replace(minute=0, second=0, microsecond=0)
    points = [point for point in throughput(hour - timedelta(hours=2), hour, incident.exercise) if point.baseline]
    share = min((point.orders / point.baseline for point in points if point.baseline), default=0.0)
    passed = took <= RECOVERED_WITHIN and share >= RECOVERED
    return Item("recovery", 10, passed, found=f"{clock_text(took)} · {share:.0%}")


def clock_text(duration: timedelta) -> str:
    """24:10 (minutes and seconds), from an hour on 31:05:00."""
    seconds = round(duration.total_seconds())
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"

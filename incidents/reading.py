"""Facts come up by reading: entries of the rooms below make the measures that wait for them look again."""

from __future__ import annotations

from incidents.models import MeasureJob, MeasureKind
from journal import clock
from journal.clock import Now
from journal.models import Entry
from journal.reader import Reader

# Which kinds of measure an entry of this kind may bring further.
CONCERNS: dict[str, tuple[str, ...]] = {
    "reroute.proposed": (MeasureKind.REROUTE,),
    "reroute.approved": (MeasureKind.REROUTE,),
    "reroute.wave_applied": (MeasureKind.REROUTE,),
    "reroute.applied": (MeasureKind.REROUTE,),
    "reroute.rejected": (MeasureKind.REROUTE,),
    "reroute.rolled_back": (MeasureKind.REROUTE,),
    "reroute.failed": (MeasureKind.REROUTE,),
    "notice.batch_launched": (MeasureKind.NOTIFY_CUSTOMERS,),
    "notice.first_sent": (MeasureKind.NOTIFY_CUSTOMERS,),
    "notice.chunk_sent": (MeasureKind.NOTIFY_CUSTOMERS,),
    "notice.batch_finished": (MeasureKind.NOTIFY_CUSTOMERS,),
    "notice.batch_cancelled": (MeasureKind.NOTIFY_CUSTOMERS,),
    "notice.approved": (MeasureKind.NOTIFY_CUSTOMERS,),
    "notice.launched": (MeasureKind.NOTIFY_CUSTOMERS,),
    "notice.finished": (MeasureKind.NOTIFY_CUSTOMERS,),
    "notice.cancelled": (MeasureKind.NOTIFY_CUSTOMERS,),
}


def incident_of(reference: str) -> int | None:
    """The incident behind "incident:42"."""
    prefix, _colon, key = reference.partition(":")
    return int(key) if prefix == "incident" and key.isdigit() else None


def poke(entry: Entry) -> None:
    """Make the jobs that an entry concerns due now. What they then do, they read from the rows, not from the entry:
    an entry that comes twice, late or never changes only when, not what."""
    incident = incident_of(entry.reference)
    if incident is None:
        return
    jobs = MeasureJob.objects.filter(measure__incident_id=incident, measure__kind__in=CONCERNS[entry.kind])
    if jobs.update(due_at=Now(), hint_at=Now()):
        clock.wake()


READER = Reader("incidents", list(CONCERNS), poke)

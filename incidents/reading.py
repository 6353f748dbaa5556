"""Facts come up by reading: entries of the rooms below make the measures that wait for them look again, and the
grade of the incidents that they bear on."""

from __future__ import annotations

import contextlib

from accounts.actors import link_actor
from incidents import refreshing
from incidents.models import Incident, MeasureJob, MeasureKind
from journal import clock
from journal.clock import Now
from journal.models import Entry
from journal.reader import Reader
from journal.refusal import Refusal

# Which kinds of measure an entry of this kind may bring further.
CONCERNS: dict[str, tuple[str, ...]] = {
    "reroute.adjusted": (MeasureKind.REROUTE,),
    "reroute.proposed": (MeasureKind.REROUTE,),
    "reroute.approved": (MeasureKind.REROUTE,),
    "reroute.wave_applied": (MeasureKind.REROUTE,),
    "reroute.wave_approved": (MeasureKind.REROUTE,),
    "reroute.wave_dropped": (MeasureKind.REROUTE,),
    "reroute.wave_rolled_back": (MeasureKind.REROUTE,),
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


# What changes the figures of the incident that an entry refers to, and of those in the regions that it names.
MEASURES_AGAIN = ("dispatch.scope_closed", "dispatch.scope_reopened", "dispatch.affected_frozen")
KEY_PRESSED, ON_MY_WAY = "notice.answered", "1"  # what somebody who is called presses to say so
WARNS = ("alert.received", "alert.updated", "alert.cancelled")


def incident_of(reference: str) -> int | None:
    """The incident behind "incident:42"."""
    prefix, _colon, key = reference.partition(":")
    return int(key) if prefix == "incident" and key.isdigit() else None


def poke(entry: Entry) -> None:
    """Make the jobs that an entry concerns due now. What they then do, they read from the rows, not from the entry:
    an entry that comes twice, late or never changes only when, not what."""
    incident = incident_of(entry.reference)
    if entry.kind == KEY_PRESSED:
        heed_key(entry)
    elif entry.kind in WARNS:
        look_where_it_warns(entry)
    elif incident is not None and entry.kind in MEASURES_AGAIN:
        refreshing.check_now([incident])
    elif incident is not None:
        jobs = MeasureJob.objects.filter(measure__incident_id=incident, measure__kind__in=CONCERNS[entry.kind])
        if jobs.update(due_at=Now(), hint_at=Now()):
            clock.wake()


def heed_key(entry: Entry) -> None:
    """Somebody pressed 1 during a call-out by telephone: they are on their way. Answered otherwise meanwhile, or over,
    it changes nothing."""
    from incidents.operations import acknowledge_callout

    prefix, call_out_id, *_rest = [*str(entry.payload.get("key")).split(":"), "", ""]
    if prefix == "callout" and call_out_id.isdigit() and entry.payload.get("pressed") == ON_MY_WAY:
        with contextlib.suppress(Refusal):
            acknowledge_callout(call_out_id=int(call_out_id), by=link_actor("link", call_out_id))


def look_where_it_warns(entry: Entry) -> None:
    """A warning came, changed or went: look at the incidents in its regions, inside or around them."""
    stems = [stem(code.partition(":")[2]) for code in entry.payload.get("regions") or []]
    rows = Incident.objects.filter(state__in=refreshing.REFRESHED, check_at__isnull=False)
    hit = []
    for pk, own, scope in rows.values_list("pk", "region_code", "scope"):
        places = [stem(code) for code in {own, *(scope.get("regions") or [])} if code]
        if any(a.startswith(b) or b.startswith(a) for a in places for b in stems):
            hit.append(pk)
    if hit:
        refreshing.check_now(hit)


def stem(code: str) -> str:
    """The significant digits of a region: 330000 is 33."""
    while len(code) > 2 and code.endswith("00"):
        code = code[:-2]
    return code


READER = Reader("incidents", [*CONCERNS, *MEASURES_AGAIN, *WARNS, KEY_PRESSED], poke)

"""Words around a change: the reason that is kept, and the message to people who are not needed any more."""

from __future__ import annotations

from incidents import staff
from incidents.models import CallOut, Decision
from incidents.operations.change import Change
from incidents.operations.followed import WAITING


def keep_reason(change: Change, reason: str) -> str:
    """A reason as a decision in the log, and how the journal names it."""
    note = Decision.objects.create(
        incident=change.incident,
        kind=Decision.Kind.DECISION,
        text=reason.strip(),
        made_by=str(change.by),
        made_at=change.now,
    )
    return f"decision:{note.pk}"


def tell_called(change: Change, what: object) -> int:
    """Tell everybody who is on post or expected that they are not needed any more; before they are stood down."""
    incident = change.incident
    living = [*WAITING, CallOut.State.ON_POST]
    calls = CallOut.objects.filter(incident=incident, state__in=living).select_related("user")
    people = {call.user_id: call.user for call in calls}
    return staff.send(
        incident,
        people.values(),
        template="stood_down",
        variables={"event": incident.title, "what": what, "url": staff.room_url(incident)},
        key=f"stood-down:{incident.pk}:{incident.version}",
        by=change.by,
    )

"""How far a person has read an incident's timeline."""

from __future__ import annotations

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor, NotAllowed
from accounts.roles import Permission
from incidents.models import Incident, LastLook
from incidents.queries.changes import newest_entry
from incidents.refusals import IncidentNotFound

SEEN = """
INSERT INTO incidents_lastlook (incident_id, user_id, entry, looked_at) VALUES (%s, %s, %s, fenghuo_now())
ON CONFLICT (incident_id, user_id) DO UPDATE
SET entry = greatest(incidents_lastlook.entry, excluded.entry), looked_at = excluded.looked_at
"""


@transaction.atomic
def mark_seen(*, incident_id: int, by: Actor, entry: int | None = None) -> LastLook:
    """The person has seen the timeline up to `entry` (default: everything so far).

    The mark never goes back, whichever of a person's windows speaks last. A bookmark of one's own, so nothing is
    journalled. Raises IncidentNotFound, NotAllowed (an API key looks at nothing).
    """
    by.require(Permission.VIEW)
    if by.user_id is None:
        raise NotAllowed(by, Permission.VIEW)
    incident = Incident.objects.filter(pk=incident_id).first()
    if incident is None:
        raise IncidentNotFound(_("There is no incident %(id)s.") % {"id": incident_id})
    upto = min(entry, 2**63 - 1) if entry is not None else None
    newest = newest_entry(incident, upto=upto)
    with connection.cursor() as cursor:
        cursor.execute(SEEN, [incident.pk, by.user_id, newest])
    return LastLook.objects.get(incident=incident, user_id=by.user_id)

"""Until when a response is expected to last."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from customers.operations.proposing import note_estimate
from incidents.models import Incident
from incidents.operations.change import changing, for_customers, require
from incidents.refusals import ImpossibleTime, already_done, illegal


def change_estimate(
    *, incident_id: int, expected_end_at: datetime, by: Actor, expected_version: int | None = None
) -> Incident:
    """Say until when a running response is expected to last now. Deadlines stay as they are; customers who were told
    another time get a follow-up, once customer service lets it go.

    The estimate that it has already raises AlreadyDone. Journals incident.estimate_changed. Raises ImpossibleTime,
    IllegalTransition, ChangedMeanwhile, NotAllowed.
    """
    by.require(Permission.COMMAND)
    with changing(incident_id, by=by) as change:
        require(change, Permission.COMMAND)
        incident = change.incident
        if not incident.running:
            raise illegal(incident, "estimate")
        if incident.expected_end_at == expected_end_at:
            raise already_done(incident, "estimate")
        change.expect(expected_version)
        if expected_end_at <= change.now:
            raise ImpossibleTime(_("The expected end must lie in the future."))
        incident.expected_end_at = expected_end_at
        incident.save(update_fields=["expected_end_at", "state"])
        change.tell("incident.estimate_changed", {"until": f"moment:{expected_end_at.isoformat()}"})
        change.moved("estimate", expected_end_at.isoformat())
        note_estimate(reference=incident.reference, eta=expected_end_at, by=for_customers(by))
        return incident

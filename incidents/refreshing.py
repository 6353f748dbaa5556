"""Measured indicators read again while an incident is open: the grade follows the network.

The figures of a large network take a while, so workers do this and not the clock; one at a time over all of them, so
that a hundred incidents cannot crowd out everything else. The row is the job: `check_at` says when, a hint only makes
a worker look.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

import structlog
from django.db import connection

from accounts.actors import CLOCK
from incidents import network
from incidents.models import Incident
from incidents.operations.change import changing
from incidents.operations.intake import CHECK_EVERY, consider_start, regrade
from journal import clock, hints
from journal.clock import Now
from journal.refusal import Refusal

log = structlog.get_logger()

S = Incident.State
REFRESHED = (S.GRADED, S.WARNED, S.RESPONDING, S.RECOVERING)
LOCK = 7305
BUDGET = 20.0  # seconds a worker spends on it in one go


def refresh_due(limit: int = 500) -> int:
    """Refresh every incident whose figures are due, the longest waiting first; returns how many. Does nothing while
    another worker is at it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
    try:
        until = time.monotonic() + BUDGET
        done = 0
        due = Incident.objects.filter(check_at__lte=Now()).order_by("check_at").values_list("pk", flat=True)
        for pk in list(due[:limit]):
            refresh_grade(incident_id=pk)
            done += 1
            if time.monotonic() > until:
                break
        return done
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def refresh_grade(*, incident_id: int) -> Incident:
    """Measure an incident again and write what changed: an entry only for another grade, a proposal or a start.

    The measuring happens before the incident is locked. Journals incident.graded, incident.level_proposed,
    incident.proposal_withdrawn, incident.auto_started. Raises IncidentNotFound.
    """
    found = Incident.objects.filter(pk=incident_id).first()
    measured = None
    if found is not None and found.state in REFRESHED:
        try:
            measured = network.measured_indicators(found)
        except Refusal as refusal:
            log.warning("incident not measured", incident=incident_id, reason=str(refusal))
    with changing(incident_id, by=CLOCK) as change:
        incident = change.incident
        change.saving = True
        if incident.state not in REFRESHED or network.is_empty(incident.scope):
            incident.check_at = None
            return incident
        if measured is None or found is None or found.scope != incident.scope:
            incident.check_at = change.now + CHECK_EVERY
            return incident
        regrade(change, measured, always=False)
    return consider_start(incident)


def check_now(incident_ids: Iterable[int]) -> int:
    """Something happened that may change these incidents' figures: look at once. Returns how many will be.

    Called by the clock, which must not wait for whoever holds an incident: those are asked for by a hint alone, and
    their turn comes within a minute anyhow.
    """
    from incidents.tasks import refresh_grade as task

    wanted = Incident.objects.filter(pk__in=list(incident_ids), state__in=REFRESHED, check_at__gt=Now())
    ids = list(wanted.values_list("pk", flat=True))
    free = list(
        Incident.objects.select_for_update(skip_locked=True, no_key=True)
        .filter(pk__in=ids)
        .values_list("pk", flat=True)
    )
    if free:
        Incident.objects.filter(pk__in=free).update(check_at=Now())
        clock.wake()
    for pk in set(ids) - set(free):
        hints.nudge(task, incident_id=pk)
    return len(ids)

"""Two incidents that are one, and incidents that belong together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django_fsm import can_proceed

from accounts.actors import SYSTEM, Actor
from accounts.roles import Permission
from incidents import network
from incidents.models import Deadline, DeadlineKind, DeadlineState, Incident
from incidents.operations import deadlines, followed
from incidents.operations.change import Change, changing, require
from incidents.operations.telling import keep_reason, tell_called
from incidents.refusals import BadKinship, already_done, illegal
from journal import operations as journal

S = Incident.State
FAMILY_LOCK = 7304


@contextmanager
def changing_both(*, first: int, second: int, by: Actor) -> Iterator[tuple[Change, Change]]:
    """Two incidents at once, locked by ascending id. Raises IncidentNotFound."""
    if first == second:
        raise BadKinship(_("An incident cannot belong to itself."))
    low, high = sorted((first, second))
    with transaction.atomic():
        # Who is whose parent is decided by one at a time: a chain may run through many incidents.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FAMILY_LOCK])
        with changing(low, by=by) as a, changing(high, by=by) as b:
            yield (a, b) if first == low else (b, a)


def merge(
    *,
    incident_id: int,
    into: int,
    by: Actor,
    reason: str = "",
    join_scope: bool = True,
    expected_version: int | None = None,
) -> Incident:
    """The incident is the same thing as another, which goes on: people are stood down and told, measures skipped,
    deadlines cancelled, a reroute that nobody approved is withdrawn. Duties by law go on at the target, lanes that it
    closed are handed over before they are opened here, and with `join_scope` its scope becomes part of the target's.

    Journals incident.merged and, at the target, incident.absorbed. Raises BadKinship, IllegalTransition,
    ChangedMeanwhile, IncidentNotFound, NotAllowed.
    """
    by.require(Permission.COMMAND)
    with changing_both(first=incident_id, second=into, by=by) as (change, target):
        require(change, Permission.COMMAND)
        require(target, Permission.COMMAND)
        incident = change.incident
        if incident.state == S.MERGED and incident.merged_into_id == into and change.repeats("merge", into):
            raise already_done(incident, "merge")
        change.expect(expected_version)
        if not can_proceed(incident.merge):
            raise illegal(incident, "merge")
        check_target(incident, target.incident)
        number = {"number": target.incident.number}
        tell_called(change, lambda user: _("it goes on as incident %(number)s") % number)
        running = incident.running
        incident.merge()
        incident.merged_into = target.incident
        incident.reason = reason.strip() or incident.reason
        incident.provisional = False
        incident.proposed_level = incident.proposed_at = incident.check_at = None
        incident.save()
        if target.incident.parent_id == incident.pk:
            target.incident.parent_id = incident.parent_id
        Incident.objects.filter(parent=incident).exclude(pk=into).update(parent=target.incident)
        incident.parent = None
        hand_over_duties(change, target)
        deadlines.cancel(change)
        followed.drop_measures(change, _("It goes on as incident %(number)s.") % number)
        followed.stand_down(change)
        hand_over_lanes(change, target)
        withdraw_reroute(incident)
        if join_scope:
            widen(target, incident.scope)
        target.incident.check_at = None if network.is_empty(target.incident.scope) else target.now
        payload = {"into": target.incident.reference, "running": running}
        if reason.strip():
            payload["note"] = keep_reason(change, reason)
        change.tell("incident.merged", payload)
        change.moved("merge", into)
        target.tell("incident.absorbed", {"from": incident.reference, "joined": join_scope})
        target.moved("absorb", incident_id)
        journal.touch("incidents")
        return incident


def check_target(incident: Incident, target: Incident) -> None:
    """Where an incident may go: another open one, of the same exercise if of any, and no less far on than it is."""
    if not target.open:
        raise BadKinship(_("Incident %(number)s is over; choose one that is still open.") % {"number": target.number})
    if target.exercise != incident.exercise:
        raise BadKinship(_("A drill and a real incident never meet."))
    if incident.running and not target.under_way:
        raise BadKinship(
            _("Nobody responds to incident %(number)s yet: start its response first, or merge the other way round.")
            % {"number": target.number}
        )


def hand_over_duties(change: Change, target: Change) -> None:
    """Duties by law that are not done go on at the target with the same due time, unless it has them itself."""
    rows = Deadline.objects.select_for_update().filter(
        incident=change.incident,
        kind=DeadlineKind.LEGAL,
        state__in=[DeadlineState.OPEN, DeadlineState.MISSED],
        settled_at=None,
    )
    known = set(target.incident.deadlines.filter(kind=DeadlineKind.LEGAL).values_list("subject", flat=True))
    for deadline in rows.order_by("id"):
        if deadline.subject in known:
            continue
        deadlines.open_deadline(
            target,
            DeadlineKind.LEGAL,
            deadline.subject,
            deadline.due_at,
            started_at=deadline.started_at,
            post=deadline.post,
            name=deadline.name,
            name_en=deadline.name_en,
        )
        target.tell("legal.clock_taken_over", {"clock": deadline.subject, "from": change.incident.reference})


def withdraw_reroute(incident: Incident) -> None:
    """Nobody is to approve a reroute any more for an incident that has ended."""
    from dispatch.operations import withdraw_undecided

    withdraw_undecided(reference=incident.reference, by=SYSTEM, exercise=incident.exercise)


def hand_over_lanes(change: Change, target: Change) -> None:
    """Lanes closed for the incident are closed for the target first, so that none opens in between."""
    from dispatch.operations import close_scope, reopen_scope
    from dispatch.queries import open_closures

    incident, exercise = change.incident, change.incident.exercise
    if open_closures(incident.reference, exercise) and not network.is_empty(incident.scope):
        close_scope(reference=target.incident.reference, scope=network.scope_of(incident), by=SYSTEM, exercise=exercise)
    reopen_scope(reference=incident.reference, by=SYSTEM, exercise=exercise)


def widen(target: Change, scope: dict[str, list[str | int]]) -> None:
    """The union of both scopes, the target's own parts first."""
    incident = target.incident
    parts = dict.fromkeys([*incident.scope, *scope])
    incident.scope = {
        part: list(dict.fromkeys([*(incident.scope.get(part) or []), *(scope.get(part) or [])])) for part in parts
    }
    incident.region_code = incident.region_code or network.region_of(incident.scope)
    target.saving = True


def set_parent(*, incident_id: int, parent_id: int | None, by: Actor, expected_version: int | None = None) -> Incident:
    """The incident is part of a larger one (None: no longer). Each goes on by itself; people see both together.

    Journals incident.parent_set. Raises BadKinship for a circle, a drill with a real one or one that was merged or
    dismissed, IncidentNotFound, ChangedMeanwhile, NotAllowed.
    """
    by.require(Permission.COMMAND)
    if parent_id is None:
        with changing(incident_id, by=by) as change:
            return adopt(change, None, expected_version)
    with changing_both(first=incident_id, second=parent_id, by=by) as (change, parent):
        return adopt(change, parent.incident, expected_version)


def adopt(change: Change, parent: Incident | None, expected_version: int | None) -> Incident:
    require(change, Permission.COMMAND)
    incident = change.incident
    wanted = parent.pk if parent else None
    if incident.parent_id == wanted and change.repeats("set_parent", wanted):
        raise already_done(incident, "set_parent")
    change.expect(expected_version)
    if incident.state in {S.DISMISSED, S.MERGED}:
        raise illegal(incident, "set_parent")
    if parent is not None:
        if parent.state in {S.DISMISSED, S.MERGED}:
            raise BadKinship(_("Incident %(number)s is over; choose another.") % {"number": parent.number})
        if parent.exercise != incident.exercise:
            raise BadKinship(_("A drill and a real incident never meet."))
        check_no_circle(incident, parent)
    incident.parent = parent
    change.tell("incident.parent_set", {"parent": parent.reference if parent else ""})
    change.moved("set_parent", wanted)
    if parent is not None:
        journal.touch(parent.reference)
    return incident


def check_no_circle(incident: Incident, parent: Incident) -> None:
    above: int | None = parent.pk
    while above is not None:
        if above == incident.pk:
            raise BadKinship(_("Incident %(number)s is itself part of this one.") % {"number": parent.number})
        above = Incident.objects.filter(pk=above).values_list("parent_id", flat=True).first()

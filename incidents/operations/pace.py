"""How fast a drill's time runs."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from incidents.models import CallOut, Deadline, DeadlineState, Incident, Measure, PostSeat
from incidents.operations.change import changing
from incidents.refusals import BadFigures, IllegalTransition, where_it_stands
from incidents.timemap import BadFactor, TimeMap
from journal import clock


def set_time_factor(*, incident_id: int, factor: float, by: Actor, expected_version: int | None = None) -> Incident:
    """From now on a drill runs at `factor` × real time; everything that is still to come moves accordingly.

    The drill time left of each open deadline, rung and measure stays what it was. Real incidents run at 1, always.
    Journals incident.time_factor. Raises IllegalTransition for a real incident, BadFigures, NotAllowed.
    """
    by.require(Permission.RUN_DRILL)
    with changing(incident_id, by=by) as change:
        incident = change.incident
        change.expect(expected_version)
        if incident.exercise is None:
            raise IllegalTransition(
                _("Only a drill's time can be made to run faster."), action="time_factor", **where_it_stands(incident)
            )
        before = change.times
        try:
            after = before.changed(change.now, factor)
        except BadFactor as error:
            raise BadFigures(str(error)) from error

        def moved(moment: datetime | None) -> datetime | None:
            if moment is None or moment <= change.now:
                return moment
            return shifted(before, after, change.now, moment)

        rows = Deadline.objects.select_for_update().filter(incident=incident, state=DeadlineState.OPEN)
        deadlines = list(rows.order_by("id"))
        for deadline in deadlines:
            deadline.due_at = moved(deadline.due_at) or deadline.due_at
            deadline.remind_at = moved(deadline.remind_at)
        Deadline.objects.bulk_update(deadlines, ["due_at", "remind_at"])
        calls = list(CallOut.objects.filter(incident=incident))
        for call in calls:
            call.due_at = moved(call.due_at) or call.due_at
            call.next_rung_at = moved(call.next_rung_at)
            call.remind_at, call.eta_at = moved(call.remind_at), moved(call.eta_at)
        CallOut.objects.bulk_update(calls, ["due_at", "next_rung_at", "remind_at", "eta_at"])
        later = list(PostSeat.objects.filter(command_post__incident=incident, starts_at__isnull=False))
        for seat in later:
            seat.starts_at = moved(seat.starts_at)
        PostSeat.objects.bulk_update(later, ["starts_at"])
        measures = list(Measure.objects.filter(incident=incident, settled_at=None, due_at__isnull=False))
        for measure in measures:
            measure.due_at = moved(measure.due_at)
        Measure.objects.bulk_update(measures, ["due_at"])
        incident.confirm_by = moved(incident.confirm_by)
        incident.time_map = after.to_json()
        change.saving = True
        change.tell("incident.time_factor", {"factor": factor})
        clock.wake()
        return incident


def shifted(before: TimeMap, after: TimeMap, now: datetime, moment: datetime) -> datetime:
    """Where a future moment lies under the new map: the same drill time away from now."""
    return after.due(now, before.between(now, moment).total_seconds() / 60)

"""A measure that recurs does not crowd out the others: earlier rounds in time are folded away."""

from datetime import timedelta

import pytest

from incidents import operations
from incidents.models import Incident, Measure
from incidents.queries import incident_room

pytestmark = pytest.mark.django_db


def test_earlier_rounds_are_folded(running, commander, fast_forward, run_clock):
    incident = running(level=3)
    for late in (False, True, False):
        report = Measure.objects.filter(kind="internal_report").latest("round")
        if late:
            fast_forward(seconds=(report.due_at - report.counted_from + timedelta(minutes=90)).total_seconds())
            run_clock()
        operations.complete_measure(measure_id=report.pk, note="一切正常", by=commander)
    room = incident_room(Incident.objects.get(pk=incident.pk))
    group = next(group for group in room.groups if any(row.measure.kind == "internal_report" for row in group.measures))

    def rounds(rows):
        return [row.measure.round for row in rows if row.measure.kind == "internal_report"]

    assert (rounds(group.settled_rows), rounds(group.earlier_rows), rounds(group.open_rows)) == ([2, 3], [1], [4])

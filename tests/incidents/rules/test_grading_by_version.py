"""Grading uses the newest matrix and says which version that was; what runs keeps what it was drawn with."""

import pytest

from incidents import operations
from incidents.models import CallOut, Measure

pytestmark = pytest.mark.django_db


def test_a_grade_names_the_version_of_the_matrix(report, duty_officer, entries, content, write):
    incident = report(indicators={"cities": 1, "loss": 60_000})
    operations.grade_incident(incident_id=incident.pk, by=duty_officer)
    rows = [row for row in content("matrix") if row["code"] != "loss"]
    next(row for row in rows if row["code"] == "cities")["limits"] = {"1": 1}
    write("matrix", rows)
    graded = operations.grade_incident(incident_id=incident.pk, by=duty_officer)
    assert graded.grade == 1
    assert [entry.payload["matrix"] for entry in entries(incident, "incident.graded")] == [1, 2]


def test_a_running_response_keeps_its_ladder_and_measures(running, duty_officer, content, write):
    incident = running(level=3)
    before = list(CallOut.objects.filter(incident=incident).values_list("ladder", "due_at"))
    report = Measure.objects.get(incident=incident, code="internal_report").due_minutes
    levels = content("levels")
    levels[2] |= {"on_post_minutes": 5, "report_minutes": 30}
    write("levels", levels)
    write("ladder", [{"after_minutes": 0, "kind": "channel", "value": "sms"}])
    assert list(CallOut.objects.filter(incident=incident).values_list("ladder", "due_at")) == before
    assert Measure.objects.get(incident=incident, code="internal_report").due_minutes == report

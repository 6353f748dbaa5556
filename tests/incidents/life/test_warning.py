"""预警: people prepare, nobody is called, and a response keeps what was done."""

from datetime import timedelta

import pytest

from alerts.models import Warning, WarningRegion
from incidents import operations, queries
from incidents.models import Announcement, CallOut, Deadline, Measure, Plan, PlanMeasure
from incidents.refusals import IllegalTransition
from journal import clock
from journal.refusal import AlreadyDone

pytestmark = pytest.mark.django_db


@pytest.fixture
def preparations(db):
    """Two measures of warning in the plans of natural disasters at Ⅲ and Ⅱ."""
    for plan in Plan.objects.filter(category="natural_disaster", level__in=[2, 3], state="approved"):
        plan.measures.filter(phase="warning").delete()
        for number, code in enumerate(["watch", "secure"]):
            PlanMeasure.objects.create(
                plan=plan,
                code=code,
                phase="warning",
                order=number,
                name=code,
                post="site",
                due_minutes=60 // (4 - plan.level),
            )


@pytest.fixture
def warned(report, duty_officer, roster, preparations):
    return operations.warn(incident_id=report(indicators={"cities": 1}).pk, by=duty_officer)


def warning(color, *, region="330100", onset=timedelta(hours=12)):
    now = clock.now()
    row = Warning.objects.create(
        sender="cma", identifier=f"{color}-{region}", sent=now, sent_text=now.isoformat(), cap_version="1.2",
        status="Actual", msg_type="Alert", scope="Public", live=True, color=color, severity="Severe",
        headline="台风橙色预警", sender_name="浙江省气象台", onset=now + onset, expires=now + timedelta(days=2),
        received_at=now, received_by="key:1", raw=b"", digest=color,
    )  # fmt: skip
    WarningRegion.objects.create(warning=row, region_code=region, via="geocode")
    return row


def test_it_begins_the_measures_of_warning_and_calls_nobody(warned, entries):
    assert (warned.state, warned.response_level) == ("warned", None)
    begun = Measure.objects.filter(incident=warned)
    assert {m.code for m in begun} == {"watch", "secure"}
    assert {m.due_at - warned.warned_at for m in begun} == {timedelta(hours=1)}
    assert set(Deadline.objects.filter(state="open").values_list("kind", flat=True)) == {"measure"}
    assert not CallOut.objects.exists()
    assert entries(warned)[-2:] == ["incident.warned", "incident.announced"]


def test_its_measures_are_worked_on(warned, duty_officer):
    measure = Measure.objects.get(code="watch")
    operations.start_measure(measure_id=measure.pk, by=duty_officer)
    assert operations.complete_measure(measure_id=measure.pk, by=duty_officer).state == "done"
    skipped = Measure.objects.get(code="secure")
    assert operations.skip_measure(measure_id=skipped.pk, reason="无需", by=duty_officer).state == "skipped"


def test_a_response_keeps_what_was_done(warned, duty_officer, fast_forward):
    operations.complete_measure(measure_id=Measure.objects.get(code="watch").pk, by=duty_officer)
    fast_forward(minutes=10)
    incident = operations.respond(incident_id=warned.pk, level=2, by=duty_officer)
    assert Measure.objects.get(code="watch").state == "done"
    left = Measure.objects.get(code="secure")
    assert left.due_at == warned.warned_at + timedelta(minutes=30)  # the new level's limit, from the same start
    assert Measure.objects.filter(code="head_count").exists()
    opened = Deadline.objects.filter(state="open")
    assert set(opened.values_list("generation", flat=True)) == {incident.generation}
    assert opened.filter(subject=f"measure:{left.pk}").count() == 1
    assert CallOut.objects.exists()


def test_its_miss_is_not_hidden_by_the_response(warned, duty_officer, fast_forward, entries):
    fast_forward(minutes=61)
    incident = operations.respond(incident_id=warned.pk, level=3, by=duty_officer)
    assert len(entries(incident, "deadline.missed")) == 2


def test_it_is_stood_down_with_a_reason(warned, duty_officer):
    incident = operations.dismiss(incident_id=warned.pk, reason="预警解除", by=duty_officer)
    assert incident.state == "dismissed"
    assert not Deadline.objects.filter(state="open").exists()
    assert set(Measure.objects.values_list("state", flat=True)) == {"skipped"}


def test_the_notice_holds_the_fields_of_the_law(report, duty_officer, roster, preparations):
    incident = operations.warn(
        incident_id=report(indicators={"cities": 1}).pk, by=duty_officer, heed="大风大雨", actions="加固库门"
    )
    notice = Announcement.objects.get(incident=incident)
    fields = {field["code"]: field for field in notice.content["fields"]}
    assert set(fields) == {
        "category", "level", "starts_at", "extent", "heed", "actions", "source", "issuer", "issued_at",
    }  # fmt: skip
    assert fields["heed"]["zh"] == "大风大雨"
    assert fields["issuer"]["zh"] != fields["issuer"]["en"]


def test_a_grave_warning_within_a_day_suggests_the_third_level(network, report, duty_officer, roster):
    incident = report(scope={"regions": ["330100"]})
    incident.grade = 4
    assert queries.suggested_warning(incident).level == 4
    warning("yellow")
    warning("red", onset=timedelta(hours=30))
    assert queries.suggested_warning(incident).level == 4
    warning("orange")
    assert queries.suggested_warning(incident).level == 3
    incident.grade = 2
    assert queries.suggested_warning(incident).level == 2  # a warning alone makes no Ⅱ, and takes none back


def test_it_is_not_said_twice(warned, duty_officer, commander):
    with pytest.raises(AlreadyDone):
        operations.warn(incident_id=warned.pk, by=duty_officer)
    with pytest.raises(IllegalTransition):
        operations.warn(incident_id=warned.pk, by=commander)

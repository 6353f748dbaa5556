"""Duties by law: ticked, reported with a form or without, late or in time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from incidents import operations
from incidents.models import DeadlineKind, LegalClock, LegalReport
from incidents.refusals import AnswersMissing, DutyReported, ImpossibleTime
from journal import clock
from journal.refusal import AlreadyDone

pytestmark = pytest.mark.django_db
FORM = [
    {"code": "place", "name": "地点", "name_en": "Place", "required": True},
    {"code": "loss", "name": "损失", "name_en": "Loss", "required": False},
]


@pytest.fixture
def ticked(running, duty_officer, rules_loaded):
    LegalClock.objects.filter(code="safety_accident").update(form=FORM)
    incident = running()
    operations.tick_legal_clock(incident_id=incident.pk, code="safety_accident", by=duty_officer)
    return incident


@pytest.fixture
def rules_loaded(db):
    from incidents import defaults

    defaults.load()


def fulfil(incident, by, **fields):
    given = {"evidence": "市应急局 王科长, 编号 17", **fields}
    return operations.fulfil_legal_clock(incident_id=incident.pk, code="safety_accident", by=by, **given)


def deadline(incident):
    return incident.deadlines.get(kind=DeadlineKind.LEGAL)


def test_it_keeps_what_the_report_said(ticked, duty_officer):
    fulfil(ticked, duty_officer, answers={"place": " 嘉兴 ", "loss": "", "unknown": "x"})
    kept = LegalReport.objects.get()
    assert (kept.code, kept.answers, kept.reported_by) == ("safety_accident", {"place": "嘉兴"}, str(duty_officer))
    assert deadline(ticked).state == "met"


def test_a_form_with_gaps_is_refused(ticked, duty_officer):
    with pytest.raises(AnswersMissing) as refused:
        fulfil(ticked, duty_officer, answers={"loss": "3 万"})
    assert refused.value.extra["missing"] == ["place"]
    assert deadline(ticked).state == "open"


def test_a_phone_call_needs_no_form(ticked, duty_officer):
    fulfil(ticked, duty_officer)
    assert LegalReport.objects.get().answers == {}


def test_an_earlier_time_amends_a_recorded_miss(ticked, duty_officer, fast_forward, run_clock, entries):
    in_time = clock.now()
    fast_forward(minutes=61)
    run_clock()
    assert deadline(ticked).state == "missed"
    fulfil(ticked, duty_officer, reported_at=in_time)
    assert deadline(ticked).state == "met"
    assert LegalReport.objects.get().reported_at == in_time
    assert entries(ticked, "legal.clock_fulfilled")[0].backfilled
    assert "deadline.amended" in entries(ticked)


def test_it_is_ticked_and_reported_once(ticked, duty_officer, commander, entries):
    with pytest.raises(AlreadyDone):
        operations.tick_legal_clock(incident_id=ticked.pk, code="safety_accident", by=commander)
    fulfil(ticked, duty_officer)
    with pytest.raises(AlreadyDone):
        fulfil(ticked, duty_officer)
    with pytest.raises(DutyReported) as refused:
        fulfil(ticked, commander)
    assert refused.value.extra["by"] == str(duty_officer)
    assert len(entries(ticked, "legal.clock_started")) == len(entries(ticked, "legal.clock_fulfilled")) == 1


def test_a_time_to_come_is_refused(ticked, duty_officer):
    with pytest.raises(ImpossibleTime):
        fulfil(ticked, duty_officer, reported_at=clock.now() + timedelta(minutes=5))


def test_it_is_still_owed_after_closing(ticked, commander):
    operations.recover(incident_id=ticked.pk, by=commander)
    operations.close(incident_id=ticked.pk, skip_open=True, reason="test", by=commander)
    assert deadline(ticked).state == "open"
    fulfil(ticked, commander)
    assert deadline(ticked).state == "met"

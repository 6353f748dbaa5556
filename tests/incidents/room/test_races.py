"""Real connections against each other: a file is kept once, a duty is reported once, a mark never goes back."""

from __future__ import annotations

import pytest

from accounts.actors import user_actor
from incidents import defaults, operations
from incidents.models import Attachment, LastLook, LegalReport
from incidents.refusals import DutyReported
from journal import queries as journal
from journal.models import Entry
from journal.refusal import AlreadyDone
from tests.incidents.test_races import told
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_same_photo_from_many_phones_is_one_row(report, duty_officer, png):
    incident = report()

    def attach():
        return operations.attach_file(incident_id=incident.pk, name="a.png", data=png, by=duty_officer)

    results = together(*[attach] * 4)
    assert len({row.pk for row in results}) == Attachment.objects.count() == 1
    assert told(incident, "file.attached") == 1


def test_a_duty_is_reported_by_one(running, roster, duty_officer):
    defaults.load()
    incident = running()
    operations.tick_legal_clock(incident_id=incident.pk, code="complaint", by=duty_officer)
    actors = [user_actor(roster[post][0]) for post in ("commander", "operations", "site")]
    results = together(
        *[
            lambda by=by: operations.fulfil_legal_clock(incident_id=incident.pk, code="complaint", evidence="x", by=by)
            for by in actors
        ]
    )
    lost = [result for result in results if isinstance(result, DutyReported | AlreadyDone)]
    assert len(lost) == 2, results
    assert LegalReport.objects.count() == told(incident, "legal.clock_fulfilled") == 1
    assert journal.verify() == []


def test_of_two_windows_the_further_mark_stays(running, commander):
    incident = running()
    entries = list(Entry.objects.filter(subject=incident.reference).order_by("id").values_list("pk", flat=True))
    marks = [entries[-1], *entries[:3]]
    together(
        *[lambda mark=mark: operations.mark_seen(incident_id=incident.pk, entry=mark, by=commander) for mark in marks]
    )
    assert LastLook.objects.get().entry == entries[-1]

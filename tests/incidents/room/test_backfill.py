"""What was done on paper is entered with its own times, row by row."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.models import LegalReport
from incidents.queries import backfill
from journal import clock
from journal.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def enter(client, duty_officer):
    from accounts.models import User

    client.force_login(User.objects.get(pk=duty_officer.user_id))

    def post(incident, kind, key, moment, **fields):
        local = timezone.localtime(moment)
        given = {"day": f"{local:%Y-%m-%d}", "time": f"{local:%H:%M:%S}", **fields}
        return client.post(f"/incidents/{incident.pk}/backfill/{kind}/{key}/", given).content.decode()

    return post


def later(fast_forward, run_clock, minutes):
    moment = clock.now() + timedelta(seconds=1)
    fast_forward(minutes=minutes)
    run_clock()
    return moment


def test_an_arrival_in_time_amends_the_miss(running, enter, fast_forward, run_clock, entries):
    incident = running(level=3)
    call = incident.call_outs.filter(rank=0).first()
    moment = later(fast_forward, run_clock, 20)
    assert "paper-saved" in enter(incident, "arrival", call.pk, moment)
    call.refresh_from_db()
    assert call.state == "on_post"
    assert call.arrived_at == moment.replace(microsecond=0)
    assert "deadline.amended" in entries(incident)
    assert entries(incident, "callout.arrived")[0].backfilled


def test_a_measure_keeps_its_own_time(running, enter, fast_forward, run_clock):
    incident = running(level=3)
    measure = incident.measures.filter(kind="checklist", due_at__isnull=False).first()
    moment = later(fast_forward, run_clock, 10)
    assert "paper-saved" in enter(incident, "measure", measure.pk, moment, note="电话确认")
    measure.refresh_from_db()
    assert (measure.state, measure.note) == ("done", "电话确认")
    assert measure.settled_at == moment.replace(microsecond=0)


def test_a_refused_row_keeps_what_was_typed(running, enter):
    incident = running(level=3)
    measure = incident.measures.filter(kind="checklist", due_at__isnull=False).first()
    page = enter(incident, "measure", measure.pk, clock.now() + timedelta(hours=2), note="写好的话")
    assert "paper-wrong" in page
    assert "写好的话" in page
    page = enter(incident, "measure", measure.pk, clock.now(), time="25:99", note="x")
    assert 'value="25:99"' in page
    measure.refresh_from_db()
    assert measure.state != "done"


@pytest.mark.parametrize("typed", ["{:%H%M%S}", "{:%H：%M：%S}", "{:%-H:%M:%S}"])
def test_a_time_may_be_typed_as_it_comes(running, enter, typed):
    incident = running(level=3)
    moment = clock.now()
    page = enter(incident, "log", "new", moment, note="x", time=typed.format(timezone.localtime(moment)))
    assert "paper-saved" in page


def test_the_minute_in_which_it_began_is_its_beginning(running, enter):
    incident = running(level=3)
    call = incident.call_outs.filter(rank=0).first()
    page = enter(incident, "arrival", call.pk, call.called_at, time=f"{timezone.localtime(call.called_at):%H:%M}")
    assert "paper-saved" in page


def test_checks_duties_and_notes_are_entered(running, enter, duty_officer, fast_forward, run_clock):
    from incidents import operations

    incident = running(level=3)
    operations.tick_legal_clock(incident_id=incident.pk, code="network_blocked", by=duty_officer)
    moment = later(fast_forward, run_clock, 5)
    check = incident.command_post.checks.first()
    assert "paper-saved" in enter(incident, "check", check.code, moment)
    assert "paper-saved" in enter(incident, "legal", "network_blocked", moment, note="省邮政管理局 12 号")
    page = enter(incident, "log", "new", moment, note="改走杭州", decision="1")
    assert page.count("paper-row") == 2  # the saved one, and a blank one
    check.refresh_from_db()
    assert check.done_at == LegalReport.objects.get().reported_at == moment.replace(microsecond=0)
    assert incident.decisions.get(kind="decision").occurred_at == moment.replace(microsecond=0)
    entered = Entry.objects.filter(subject=incident.reference, backfilled=True)
    assert {"post.checked", "legal.clock_fulfilled", "decision.logged"} <= set(entered.values_list("kind", flat=True))


def test_a_row_settled_meanwhile_says_so(running, enter):
    incident = running(level=3)
    assert "paper-saved" in enter(incident, "measure", 10**9, clock.now())
    assert backfill.find_row(incident, "measure", str(10**9)) is None

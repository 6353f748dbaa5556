"""Times are kept in UTC and shown in the reader's zone; a leap day and a midnight change nothing else."""

import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation

from accounts.models import Duty
from accounts.roles import Role
from incidents import operations, staff
from incidents.models import Deadline, Incident
from journal import clock
from journal import queries as journal

pytestmark = pytest.mark.django_db

SHANGHAI = zoneinfo.ZoneInfo("Asia/Shanghai")


@pytest.fixture
def at(fast_forward):
    """at(2028, 2, 28, 23, 50): it is that time in Shanghai."""

    def move(*moment: int) -> datetime:
        wanted = datetime(*moment, tzinfo=SHANGHAI)
        fast_forward(seconds=(wanted - clock.now()).total_seconds())
        return wanted.astimezone(UTC)

    return move


def test_limits_run_through_a_leap_day(at, report, roster, duty_officer, run_clock):
    Duty.objects.update(ends_at=datetime(2029, 1, 1, tzinfo=UTC))
    before_midnight = at(2028, 2, 28, 23, 50)
    incident = report(indicators={"cities": 1}, legal_clocks=["network_blocked"])
    assert incident.number.startswith("20280228-")
    operations.respond(incident_id=incident.pk, level=3, by=duty_officer)
    ready = Deadline.objects.get(incident=incident, kind="ready")
    legal = Deadline.objects.get(incident=incident, kind="legal")
    assert abs(ready.due_at - before_midnight - timedelta(minutes=30)) < timedelta(seconds=30)
    assert legal.due_at.astimezone(SHANGHAI).strftime("%m-%d %H:%M") == "02-29 23:50"
    assert (legal.due_at.utcoffset(), legal.due_at - legal.started_at) == (timedelta(0), timedelta(hours=24))
    at(2028, 2, 29, 0, 21)
    run_clock()
    ready.refresh_from_db()
    assert ready.state == "missed"
    assert report().number.startswith("20280229-")
    at(2028, 3, 1, 0, 0)
    run_clock()
    legal.refresh_from_db()
    assert (legal.state, legal.missed_at >= legal.due_at) == ("missed", True)
    assert journal.verify() == []


def test_everybody_reads_the_time_of_their_own_watch(at, make_user, client, running):
    incident = running(level=4)
    moment = at(2028, 2, 29, 8, 5)
    Incident.objects.filter(pk=incident.pk).update(reported_at=moment, declared_at=moment)
    readers = {
        "wang": ("Asia/Shanghai", "08:05"),
        "khan": ("Asia/Karachi", "05:05"),
        "ng": ("America/New_York", "19:05"),
    }
    for name, (zone, shown) in readers.items():
        user = make_user(name, Role.COMMANDER, time_zone=zone)
        assert staff.local_time(moment, user) == shown
        client.force_login(user)
        with translation.override("zh-hans"), timezone.override(zone):
            assert shown in client.get(f"/incidents/{incident.pk}/plan/").content.decode()

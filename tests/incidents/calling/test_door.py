"""The code at the door: short-lived, signed, for one's own call only, and looking changes nothing."""

import pytest
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from incidents import door, links
from incidents.models import Attendance, CallOut
from journal import clock

pytestmark = pytest.mark.django_db


def scan(incident, **more):
    return f"/d/{door.code_at(incident.pk, clock.now())}/"


@pytest.fixture
def phone(cast, running):
    """phone(post) → a browser without log-in that has opened the link of its owner's call; and the call."""

    def make(post="site"):
        call = cast.call_of(post)
        browser = Client()
        assert browser.get(f"/c/{links.token_of(call.pk)}/").status_code == 200
        return browser, call

    return make


@pytest.fixture
def tap():
    """tap(browser, address, call) → the answer to the one button of the page."""
    return lambda browser, address, call: browser.post(address, {"call": call.pk})


def test_one_tap_signs_in_the_owner_of_the_phone(running, phone, tap):
    incident = running(level=4)
    browser, call = phone()
    address = scan(incident)
    page = browser.get(address)
    assert page.status_code == 200
    assert call.user.label in page.content.decode()
    assert CallOut.objects.get(pk=call.pk).state == "called"  # looking changes nothing
    assert tap(browser, address, call).status_code == 200
    call.refresh_from_db()
    assert (call.state, call.proof) == ("on_post", "door")
    assert Attendance.objects.get().proof == "door"
    assert tap(browser, address, call).status_code == 200  # twice is once


def test_it_changes_every_half_minute_and_is_good_for_a_minute(running, phone, tap, fast_forward):
    incident = running(level=4)
    browser, call = phone()
    now = clock.now()
    first = door.code_at(incident.pk, now)
    address = scan(incident)
    fast_forward(seconds=30)
    assert door.code_at(incident.pk, clock.now()) != first
    assert browser.get(address).status_code == 200
    fast_forward(seconds=60)
    late = tap(browser, address, call)
    assert late.status_code == 409
    assert "已过期" in late.content.decode()
    call.refresh_from_db()
    assert call.state == "called"


def test_a_stranger_is_told_what_to_do(running):
    incident = running(level=4)
    page = Client().get(scan(incident), headers={"accept-language": "en"})
    assert page.status_code == 200
    assert "Open the link in your call message" in page.content.decode()
    assert Client().post(scan(incident)).status_code == 200
    assert not Attendance.objects.exists()


def test_nobody_signs_somebody_else_in(running, phone, tap, cast):
    incident = running(level=4)
    browser, _call = phone("site")
    other = cast.call_of("operations")
    assert tap(browser, scan(incident), other).status_code == 409
    other.refresh_from_db()
    assert other.state == "called"


def test_a_person_logged_in_needs_no_link(running, tap, cast):
    incident = running(level=4)
    call = cast.call_of("site")
    browser = Client()
    browser.force_login(User.objects.get(pk=call.user_id))
    tap(browser, scan(incident), call)
    call.refresh_from_db()
    assert (call.proof, call.answered_by) == ("door", f"user:{call.user_id}")


@pytest.mark.parametrize("code", ["x", "1-2.forged", "%20", "1-1"])
def test_it_refuses_a_forged_code(db, code):
    assert Client().get(f"/d/{code}/").status_code == 404


def test_another_incidents_code_opens_nothing_here(running, report, phone, tap):
    running(level=4)
    browser, call = phone()
    other = report()
    answer = tap(browser, scan(other), call)
    assert answer.status_code == 409
    call.refresh_from_db()
    assert call.state == "called"


def test_the_screen_is_for_those_who_do_measures(running, make_user, client):
    incident = running(level=4)
    client.force_login(make_user("auditor", Role.AUDITOR))
    assert client.get(f"/incidents/{incident.pk}/door/").status_code == 403
    client.force_login(make_user("chief", Role.SECTION_CHIEF))
    page = client.get(f"/incidents/{incident.pk}/door/")
    assert page.status_code == 200
    assert "data:image/svg+xml" in page.content.decode()
    again = client.get(f"/incidents/{incident.pk}/door/code/")
    assert "no-store" in again["Cache-Control"]

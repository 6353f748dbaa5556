"""A week ahead, those in charge are told that nobody will be on duty: once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import ContactPoint, Duty, RosterWatch
from accounts.operations.filling import ensure_watch, next_morning
from accounts.queries import coming_gaps
from accounts.roles import Post, Role
from journal.clock import now
from journal.models import Entry
from notifications.models import Message
from notifications.operations import load_defaults, warn_of_roster_gaps

pytestmark = pytest.mark.django_db
WEEKS = timedelta(weeks=3)


@pytest.fixture
def roster(make_user):
    """Every post is held for three weeks by the duty officer, who reads English in New York; an administrator."""
    load_defaults()
    officer = make_user("officer", Role.DUTY_OFFICER, name="张宁", language="en", time_zone="America/New_York")
    boss = make_user("boss", Role.ADMINISTRATOR, name="孙超")
    make_user("chief", Role.SECTION_CHIEF)
    for user in (officer, boss):
        ContactPoint.objects.create(user=user, channel="email", address=f"{user.username}@fenghuo.example")
    start = now() - timedelta(days=1)
    Duty.objects.bulk_create(
        Duty(post=post, user=officer, starts_at=start, ends_at=start + WEEKS) for post in Post.values
    )
    ensure_watch(now())
    return officer, boss


def open_gap(post=Post.SAFETY, begins=2.0, lasts=12.0):
    """Take `lasts` hours away, `begins` days from now."""
    duty = Duty.objects.filter(post=post, starts_at__lt=now() + timedelta(days=begins)).order_by("starts_at").last()
    start = now() + timedelta(days=begins)
    end = duty.ends_at
    duty.ends_at = start
    duty.save()
    Duty.objects.create(post=post, user=duty.user, starts_at=start + timedelta(hours=lasts), ends_at=end)


def look():
    RosterWatch.objects.update(look_at=now())
    return warn_of_roster_gaps()


def test_nothing_is_said_without_a_gap_or_without_a_roster(roster):
    assert coming_gaps(now()) == []
    look()
    Duty.objects.all().delete()
    look()
    assert not Message.objects.exists()


def test_the_officer_and_the_administrator_are_told_in_their_language(roster):
    officer, boss = roster
    open_gap()
    look()
    messages = Message.objects.order_by("id")
    assert {(message.user_id, message.channel) for message in messages} == {
        (user.pk, channel) for user in (officer, boss) for channel in ("in_app", "email")
    }
    assert "Safety Officer" in messages.get(user_id=officer.pk, channel="email").body
    assert "安全官" in messages.get(user_id=boss.pk, channel="in_app").body
    assert Entry.objects.get(kind="roster.gaps_found").payload["count"] == 1


def test_each_gap_is_told_once_and_a_new_one_the_next_morning(roster, fast_forward, run_clock):
    open_gap()
    look()
    look()
    assert Message.objects.count() == 4
    fast_forward(days=1)
    run_clock()
    assert Message.objects.count() == 4, "told yesterday"
    open_gap(Post.IT)
    fast_forward(days=1)
    run_clock()
    assert Message.objects.count() == 8
    assert RosterWatch.objects.get().look_at > now()


def test_a_gap_that_grows_is_the_same_gap(roster, fast_forward):
    Duty.objects.filter(post=Post.SAFETY).update(ends_at=now() + timedelta(days=5))
    look()
    fast_forward(days=2)
    look()
    fast_forward(days=6)
    look()
    assert Entry.objects.filter(kind="roster.gaps_found").count() == 1


def test_an_inactive_person_covers_nothing(roster):
    officer, _boss = roster
    officer.is_active = False
    officer.save()
    assert len(coming_gaps(now())) == len(Post.values)


def test_what_a_region_rosters_it_must_cover(roster):
    officer, _boss = roster
    Duty.objects.create(
        post=Post.SITE, region_code="33", user=officer, starts_at=now(), ends_at=now() + timedelta(days=3)
    )
    (gap,) = coming_gaps(now())
    assert (gap.post, gap.region_code) == (Post.SITE, "33")


def test_people_are_told_at_nine_in_the_morning(db):
    morning = next_morning(now())
    assert morning > now()
    assert f"{morning.astimezone(morning.tzinfo):%H:%M}" == "09:00"


@pytest.mark.django_db(transaction=True)
def test_two_clocks_tell_once(roster):
    open_gap()
    RosterWatch.objects.update(look_at=now())
    found = []

    def work():
        found.append(warn_of_roster_gaps())
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(found) == 1
    assert Message.objects.count() == 4

"""A storm of misses rings nobody's telephone once for each of them."""

import pytest

from accounts.models import Duty
from incidents import firing
from incidents.models import Deadline
from journal import clock
from journal.models import Entry
from notifications.models import Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def overdue(running, run_clock):
    """overdue(5) → an incident of which five measures of operations became overdue at the same moment."""

    def make(count, posts=("operations",)):
        incident = running(level=4)
        Deadline.objects.filter(incident=incident).delete()
        Message.objects.all().delete()
        now = clock.now()
        Deadline.objects.bulk_create(
            Deadline(
                incident=incident,
                kind="measure",
                subject=f"measure:{number}",
                name=f"核对第{number}批",
                name_en=f"check batch {number}",
                post=posts[number % len(posts)],
                started_at=now,
                due_at=now,
            )
            for number in range(count)
        )
        assert firing.fire_due() == count
        run_clock()
        return incident

    return make


def texts_to(user, channel="sms"):
    rows = Message.objects.filter(key__startswith="escalation:", user_id=user.pk, channel=channel)
    return [row.body for row in rows]


def test_what_is_overdue_at_once_reaches_each_person_in_one_message(overdue, roster, entries):
    incident = overdue(40)
    for post in ("operations", "commander"):
        (text,) = texts_to(roster[post][0])
        assert "核对第0批, 核对第1批, 核对第2批等，另有37项" in text
        assert len(texts_to(roster[post][0], "in_app")) == 1
    told = entries(incident, "deadline.escalated")
    assert len(told) == 40
    assert {entry.payload["messages"] for entry in told} == {4}  # two people, in the app and by SMS


def test_each_person_is_told_of_what_is_theirs(overdue, roster):
    overdue(4, posts=("operations", "site"))
    (operations,), (site,), (commander,) = (texts_to(roster[post][0]) for post in ("operations", "site", "commander"))
    assert "核对第0批, 核对第2批" in operations
    assert "核对第1批" not in operations
    assert "核对第1批, 核对第3批" in site
    assert "核对第0批, 核对第1批, 核对第2批等，另有1项" in commander


def test_it_tells_each_in_their_own_language(overdue, roster):
    chief = roster["operations"][0]
    chief.language = "en"
    chief.save()
    overdue(5)
    (text,) = texts_to(chief)
    assert "check batch 0, check batch 1, check batch 2 and 2 more" in text


def test_posts_that_nobody_can_fill_are_told_together(report, duty_officer, roster):
    """At the start of a response the commander hears once of all posts without anybody on duty."""
    from incidents import operations

    Duty.objects.exclude(post__in=["commander", "duty_officer"]).delete()
    incident = report(indicators={"cities": 1})
    operations.respond(incident_id=incident.pk, level=3, by=duty_officer)
    vacant = Entry.objects.filter(subject=incident.reference, kind="post.vacant").count()
    assert vacant > 3
    (text,) = texts_to(roster["commander"][0])
    assert f"另有{vacant - 3}项" in text

"""The sample people: loaded once, on duty all year, and their demo password opens nothing beyond this machine."""

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import sample
from accounts.models import ContactPoint, Duty, RoleGrant, User
from accounts.queries import on_duty
from accounts.roles import Post
from journal.clock import now

pytestmark = pytest.mark.django_db


def test_it_enters_sixty_people_with_contact_points_and_roles():
    sample.load()
    assert User.objects.count() == sample.STAFF
    assert ContactPoint.objects.exclude(channel="bot").count() == 2 * sample.STAFF
    assert RoleGrant.objects.count() == sample.STAFF
    assert User.objects.values("name").distinct().count() == sample.STAFF
    assert all(point.address.endswith(".example") for point in ContactPoint.objects.filter(channel="email"))


@pytest.mark.parametrize("weeks", [0, 13, 51])
def test_it_has_three_people_on_duty_for_every_post_all_year(weeks):
    sample.load()
    at = now() + timedelta(weeks=weeks)
    for post in Post.values:
        assert len(on_duty(post=post, at=at)) == 3, post
    for region in sample.REGIONS:
        people = on_duty(post=Post.SITE, at=at, region_code=f"{region}0100")
        assert len(people) == 3
        assert people != on_duty(post=Post.SITE, at=at)
    assert not Duty.objects.filter(ends_at__lt=now()).exists()


def logs_in(client):
    client.logout()
    answer = client.post(reverse("account_login"), {"login": "commander", "password": sample.DEMO_PASSWORD})
    return answer.status_code == 302


def test_it_lets_the_demo_log_ins_in_on_loopback_only(client, settings):
    settings.LOOPBACK = True
    sample.load()
    for username in sample.DEMO_LOGINS:
        user = User.objects.get(username=username)
        assert user.has_usable_password()
    assert logs_in(client)
    settings.LOOPBACK = False
    assert not logs_in(client)


def test_it_gives_unusable_passwords_when_the_server_is_not_on_loopback(settings):
    settings.LOOPBACK = False
    sample.load()
    assert not any(user.has_usable_password() for user in User.objects.all())

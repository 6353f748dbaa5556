"""The roster's pages: looking, swapping in two taps, making rotations, subscribing to calendars."""

from datetime import timedelta

import icalendar
import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from accounts.calendars import address_of, post_address, token_of
from accounts.models import CalendarDay, Duty, Rotation, Swap, User
from accounts.roles import Post, Role
from journal.clock import now

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_calls_counted():
    cache.clear()


@pytest.fixture
def page(client, make_user):
    user = make_user("boss", Role.ADMINISTRATOR, name="管理员")
    client.force_login(user)
    client.user = user
    return client


def text(answer, status=200):
    assert answer.status_code == status, answer.content.decode()[:500]
    return answer.content.decode()


@pytest.mark.parametrize(
    "query", ["", "?span=month", "?span=month&week=2026-12-28&rank=1", "?rank=x&region=9&span=day"]
)
def test_the_roster_shows_turns_gaps_and_who_is_on_duty(page, make_rotation, query):
    make_rotation()
    shown = text(page.get(reverse("roster") + query))
    assert "安全官1" in shown or "rank=1" in query
    assert "turn-gap" in shown
    assert page.get(reverse("roster_board") + query).status_code == 200


def test_swapping_takes_two_taps(page, make_rotation, people):
    make_rotation()
    duty = Duty.objects.filter(user=people[1]).first()
    sheet = text(page.get(reverse("roster_swap"), {"duty": duty.pk}))
    assert f'value="{people[2].pk}"' in sheet, "people of the rotation are offered first"
    form = {
        "post": duty.post,
        "rank": duty.rank,
        "user_id": people[2].pk,
        "starts_at": f"{timezone.localtime(duty.starts_at):%Y-%m-%dT%H:%M}",
        "ends_at": f"{timezone.localtime(duty.ends_at):%Y-%m-%dT%H:%M}",
    }
    answer = page.post(reverse("roster_swap"), form)
    assert answer.status_code == 204
    assert "done" in answer["HX-Trigger"]
    swap = Swap.objects.get()
    assert (swap.user, swap.starts_at) == (people[2], duty.starts_at)
    again = page.post(reverse("roster_swap"), form)
    assert (again.status_code, again["HX-Retarget"]) == (409, "#swap-refusal")
    swapped = Duty.objects.get(swap=swap)
    assert reverse("swap_cancel", args=[swap.pk]) in text(page.get(reverse("roster_swap"), {"duty": swapped.pk}))
    assert page.post(reverse("swap_cancel", args=[swap.pk])).status_code == 204


def test_an_empty_time_can_be_taken_and_nonsense_is_refused(page):
    url = reverse("roster_swap")
    span = {"post": "it", "rank": 0, "starts_at": "2026-12-01T08:00", "ends_at": "2026-12-01T20:00"}
    assert "2026-12-01" in text(page.get(url, span))
    assert page.get(url, {"duty": "x"}).status_code == 404
    assert page.post(url, span).status_code == 422


def form_of(people, today, **extra):
    return {
        "name": "信息系统值班",
        "post": "it",
        "rank": "0",
        "length": "1",
        "unit": "days",
        "hand_over": "08:00",
        "zone": "Asia/Shanghai",
        "starts_on": f"{today:%Y-%m-%d}",
        "calendar": "same",
        "working": [people[0].pk, people[1].pk, ""],
        **extra,
    }


def test_a_rotation_is_previewed_saved_changed_and_ended(page, people, today):
    form = form_of(people, today)
    preview = text(page.post(reverse("rotation_preview"), form))
    assert preview.count("<li>") >= 27
    assert not Rotation.objects.exists()
    assert "quiet" in text(page.post(reverse("rotation_preview"), {"name": "x"}))
    saved = page.post(reverse("rotation_new"), form)
    rotation = Rotation.objects.get()
    assert saved.url.startswith("/roster/")
    edit = reverse("rotation_edit", args=[rotation.pk])
    assert f'value="{people[1].pk}" selected' in text(page.get(edit))
    changed = form_of(people, today, working=[people[2].pk], version=1)
    assert page.post(edit, changed).status_code == 302
    assert page.post(edit, changed).status_code == 412, "it was looked at before that change"
    assert "信息系统值班" in text(page.get(reverse("rotation_list")))
    page.post(reverse("rotation_retire", args=[rotation.pk]))
    assert not Duty.objects.filter(ends_at__gt=now()).exists()
    assert text(page.get(reverse("rotation_new")))


@pytest.mark.parametrize("wrong", [{"post": "king"}, {"hand_over": "25:00"}, {"working": []}, {"length": "0"}], ids=str)
def test_a_faulty_rotation_is_shown_again(page, people, today, wrong):
    text(page.post(reverse("rotation_new"), form_of(people, today, **wrong)), 422)
    assert not Rotation.objects.exists()


def test_days_off_are_entered(page):
    page.post(reverse("days_set"), {"first": "2027-02-05", "last": "2027-02-11", "rests": "off", "name": "春节"})
    assert CalendarDay.objects.filter(rests=True).count() == 7
    assert page.post(reverse("days_set"), {"first": "x", "rests": "off"}).status_code == 422
    assert (
        page.post(reverse("days_set"), {"first": "2027-02-05", "last": "2028-02-11", "rests": "off"}).status_code == 422
    )


def events(client, url, status=200):
    answer = client.get(url.replace("http://127.0.0.1:8000", ""))
    assert answer.status_code == status
    return list(icalendar.Calendar.from_ical(answer.content).walk("VEVENT")) if status == 200 else []


def test_a_person_subscribes_to_their_turns_without_log_in(client, make_rotation, people):
    make_rotation(length=1)
    url = address_of(people[0])
    found = events(client, url)
    assert len(found) == Duty.objects.filter(user=people[0]).count()
    assert len({event["uid"] for event in found}) == len(found)
    assert [event["uid"] for event in events(client, url)] == [event["uid"] for event in found]
    answer = client.get(url[len("http://127.0.0.1:8000") :])
    assert answer["Content-Type"].startswith("text/calendar")
    assert "max-age" in answer["Cache-Control"]
    again = client.get(url[len("http://127.0.0.1:8000") :], headers={"if-none-match": answer["ETag"]})
    assert again.status_code == 304


def test_a_turn_keeps_its_uid_when_it_is_cut_short(client, make_rotation, people, administrator):
    from accounts.operations import swap_duty

    make_rotation()
    duty = Duty.objects.filter(user=people[0]).order_by("starts_at").last()
    before = {event["uid"] for event in events(client, address_of(people[0]))}
    end = duty.ends_at
    swap_duty(post=Post.SAFETY, user_id=people[4].pk, starts_at=end - timedelta(hours=5), ends_at=end, by=administrator)
    found = events(client, address_of(people[0]))
    assert {event["uid"] for event in found} == before
    assert end - timedelta(hours=5) in {event["dtend"].dt for event in found}


def test_resetting_makes_old_addresses_worthless(page, client, make_rotation):
    make_rotation(people=[page.user.pk])
    old, old_post = address_of(page.user), post_address(page.user, Post.SAFETY)
    assert events(client, old)
    page.post(reverse("calendar_reset"))
    fresh = User.objects.get(pk=page.user.pk)
    assert events(client, old, 404) == events(client, old_post, 404) == []
    assert events(client, address_of(fresh))


def test_a_post_s_calendar_ends_with_the_right_to_look(client, make_rotation, people, make_user):
    make_rotation()
    viewer = make_user("viewer", Role.AUDITOR)
    found = events(client, post_address(viewer, Post.SAFETY))
    assert any(people[1].name in str(event["summary"]) for event in found)
    assert events(client, post_address(people[0], Post.SAFETY), 404) == [], "people without a role may not look"
    viewer.is_active = False
    viewer.save()
    assert events(client, post_address(viewer, Post.SAFETY), 404) == []


def test_a_forged_or_too_busy_address_is_refused(client, people):
    token = token_of(people[0])
    for wrong in (token[:-2], f"{people[1].pk}{token[1:]}", "x", "1.2.3~"):
        assert client.get(f"/calendar/{wrong}.ics").status_code == 404
    for _ in range(60):
        assert client.get(f"/calendar/{token}.ics").status_code == 200
    assert client.get(f"/calendar/{token}.ics").status_code == 429

"""The roster in a browser: a swap in two taps, on a desk and on a phone."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from accounts import sample
from accounts.actors import CLOCK
from accounts.models import Duty, Rotation, Swap, User
from accounts.operations import RotationFacts, save_rotation
from accounts.roles import Post, Role
from journal.clock import now

PICTURES = os.environ.get("FENGHUO_PICTURES")


@pytest.fixture
def roster(db):
    """The sample organisation, with two rotations and a gap."""
    sample.load()
    today = timezone.localtime(now()).date()
    for name, name_en, post, length, unit in (
        ("安全官周轮班", "Safety weekly", Post.SAFETY, 7, "days"),
        ("信息系统十二小时班", "IT twelve hours", Post.IT, 12, "hours"),
    ):
        people = list(dict.fromkeys(Duty.objects.filter(post=post).values_list("user_id", flat=True)))[:3]
        Duty.objects.filter(post=post, rank=0).delete()
        facts = RotationFacts(
            name=name, name_en=name_en, post=post, people=people, starts_on=today, length=length, unit=unit
        )
        save_rotation(facts=facts, by=CLOCK)
    Duty.objects.filter(post=Post.LIAISON, starts_at__gt=now(), starts_at__lt=now() + timedelta(days=8)).delete()


def picture(page, name):
    if PICTURES:
        page.wait_for_timeout(400)
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


VIEWS = [("zh-CN", 1440, False), ("en", 390, True), *([("en", 1440, True), ("zh-CN", 390, False)] if PICTURES else [])]


@pytest.mark.parametrize(("locale", "width", "dark"), VIEWS)
def test_somebody_takes_over_in_two_taps(log_in, roster, locale, width, dark):
    page = log_in("boss", Role.ADMINISTRATOR, name="管理员", locale=locale, width=width, height=850, dark=dark)
    tag = f"{locale}-{width}-{'dark' if dark else 'light'}"
    page.goto("/roster/?span=month")
    picture(page, f"roster-month-{tag}")
    wednesday = timezone.localtime(now()) + timedelta(days=9 - timezone.localtime(now()).weekday())
    page.goto(f"/roster/?week={wednesday:%Y-%m-%d}")
    page.wait_for_selector("[data-live=yes]", state="attached")
    picture(page, f"roster-{tag}")
    duty = Duty.objects.get(post=Post.SAFETY, rank=0, starts_at__lte=wednesday, ends_at__gt=wednesday)
    page.locator(f"[hx-get$='duty={duty.pk}']").click()
    picture(page, f"roster-swap-{tag}")
    page.locator(".stand-ins button").first.click()
    page.wait_for_selector("button.turn-swap")
    swap = Swap.objects.get()
    assert (swap.post, swap.ends_at) == (Post.SAFETY, duty.ends_at)
    assert page.locator("main").evaluate("element => element.scrollWidth <= window.innerWidth")


def test_a_rotation_is_previewed_while_it_is_written(log_in, roster):
    page = log_in("boss", Role.ADMINISTRATOR, name="管理员")
    page.goto("/roster/rotations/")
    picture(page, "rotations")
    page.goto("/roster/rotations/new/")
    page.fill("[name=name]", "仓储夜班")
    page.select_option("[name=post]", "warehousing")
    page.select_option("[name=rank]", "5")
    page.select_option("[name=calendar]", "holidays")
    someone = User.objects.exclude(name="").filter(is_active=True).order_by("name", "pk")
    page.locator("[name=working]").nth(0).select_option(str(someone[0].pk))
    page.locator("[name=working]").nth(1).select_option(str(someone[1].pk))
    page.locator("[name=rest]").nth(0).select_option(str(someone[2].pk))
    page.wait_for_selector(".preview-turns li")
    picture(page, "rotation-new")
    page.click("text=保存并排入值班表")
    page.wait_for_selector(".lanes")
    assert Rotation.objects.filter(name="仓储夜班", calendar="holidays").exists()

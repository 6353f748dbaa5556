"""A real browser against a real server process on the test database."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from accounts.actors import user_actor
from accounts.roles import Role
from tests.processes import web_process

BROWSERS = ["chromium-headless-shell", "chromium", "chromium-browser", "/usr/bin/chromium"]
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(str(item.fspath)).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


def chromium_path() -> str | None:
    """Where Chromium is: CHROMIUM_PATH, or what is on the PATH; without a window it takes half the time."""
    named = os.environ.get("CHROMIUM_PATH")
    return next(filter(None, map(shutil.which, [named] if named else BROWSERS)), None)


@pytest.fixture(scope="package")
def chromium(tmp_path_factory):
    """The browser; every test gets a context of its own with no cookies.

    It ends with this folder's tests: while it lives, its event loop keeps others from running theirs in this thread.
    """
    path = chromium_path()
    if path is None:
        message = "Chromium was not found; set CHROMIUM_PATH"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    from playwright.sync_api import sync_playwright

    # Playwright's loop runs in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="package")
def server(django_db_setup, django_db_blocker):
    """The address of a web process on the test database."""
    with django_db_blocker.unblock(), web_process() as address:
        yield address


@pytest.fixture
def new_page(chromium, server, db):
    """new_page(locale="en", width=1440, dark=False) → a page of a fresh visitor; script errors fail the test."""
    contexts, errors = [], []

    def make(locale: str = "zh-CN", width: int = 1440, height: int = 900, dark: bool = False):
        context = chromium.new_context(
            locale=locale,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            base_url=server,
            timezone_id="Asia/Shanghai",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda entry: errors.append(entry.text) if "Content Security Policy" in entry.text else None)
        return page

    yield make
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def log_in(make_user, new_page):
    """log_in("name", Role.COMMANDER, locale="en") → a page on the board."""

    def enter(username: str, *roles: str, name: str = "李敏", name_en: str = "Li Min", **options):
        from accounts.models import User

        language = "en" if options.get("locale", "").startswith("en") else "zh-hans"
        if not User.objects.filter(username=username).update(language=language):
            make_user(username, *(roles or (Role.COMMANDER,)), name=name, name_en=name_en, language=language)
        page = new_page(**options)
        page.goto("/accounts/login/")
        page.fill("[name=login]", username)
        page.fill("[name=password]", "correct horse")
        page.click("main [type=submit]")
        page.wait_for_selector(".board")
        return page

    return enter


@pytest.fixture
def rules(db):
    """The severity matrix, the levels, the plans and the message templates as they ship."""
    from incidents import defaults
    from notifications import sample

    sample.load()
    defaults.load()


@pytest.fixture
def region(db):
    from dispatch.models import Region

    return Region.objects.create(
        code="330000", name="浙江省", name_en="Zhejiang", level="province", lat=29.1, lon=120.1
    )


@pytest.fixture
def start_incident(make_user, rules, region):
    """start_incident() → a running response with a commander and an operations chief on duty."""

    def start(**fields):
        from datetime import timedelta

        from accounts.models import Duty, User
        from incidents import operations
        from journal.clock import now

        for username, role, post, name, name_en in [
            ("chief", Role.COMMANDER, "commander", "李敏", "Li Min"),
            ("dispatcher", Role.SECTION_CHIEF, "operations", "王磊", "Wang Lei"),
        ]:
            user = User.objects.filter(username=username).first() or make_user(
                username, role, name=name, name_en=name_en
            )
            Duty.objects.create(
                user=user, post=post, starts_at=now() - timedelta(hours=1), ends_at=now() + timedelta(hours=8)
            )
        by = user_actor(User.objects.get(username="chief"))
        values = {"title": "台风利奇马", "category": "natural_disaster", "site": "嘉兴分拨中心", **fields}
        incident = operations.report_incident(by=by, scope={"regions": ["330000"]}, **values)
        operations.grade_incident(incident_id=incident.pk, by=by)
        return operations.respond(incident_id=incident.pk, by=by, level=2)

    return start

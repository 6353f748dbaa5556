"""Whatever is typed into a page's address or forms, the answer is never a server error."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings

from accounts.roles import Role
from tests.test_security import PAGES

pytestmark = pytest.mark.django_db

VALUES = ["", "\x01", "x" * 5_000, "99999999999999999999", "2026-99-99T99:99"]
QUERIES = ["q=%00", "page=x&q=%F0%9F%94%A5&week=0000-00-00", "page=-1&region=' OR 1=1 --&level=9&state=king"]
ODD_PARTS = {"/1/": "/99999999999999999999/", "/incident:1/": "/incident:99999999999999999999/"}


def field_names() -> list[str]:
    """Every field that any of our forms or views knows."""
    found: set[str] = set()
    for path in (Path(settings.BASE_DIR) / "templates").rglob("*.html"):
        found |= set(re.findall(r"\bname=\"(\w+)\"", path.read_text(encoding="utf-8")))
    for room in ("config", *settings.ROOMS):
        for path in (Path(settings.BASE_DIR) / room).rglob("*.py"):
            found |= set(re.findall(r"(?:POST|GET)\.get(?:list)?\(\"(\w+)\"", path.read_text(encoding="utf-8")))
    return sorted(found - {"csrfmiddlewaretoken"})


NAMES = field_names()
OWN = [(name, path) for name, path in PAGES if not name.startswith(("account_", "mfa_")) and name != "health_engine"]


@pytest.fixture
def browser(client, make_user):
    client.raise_request_exception = False
    client.force_login(make_user("someone", *Role.values, name="某人"))
    return client


@pytest.mark.parametrize("number", range(len(OWN)), ids=[name for name, _ in OWN])
def test_odd_addresses_and_forms_are_answered(browser, number):
    path = OWN[number][1]
    for odd in {path.replace(part, odd) for part, odd in ODD_PARTS.items()} - {path}:
        assert browser.get(odd).status_code < 500, odd
    for query in QUERIES:
        assert browser.get(f"{path}?{query}").status_code < 500, query
    assert browser.get(path, HTTP_HX_REQUEST="true").status_code < 500
    if browser.post(path).status_code == 405:
        return
    for value in VALUES[number % 2 :: 2]:
        answer = browser.post(path, dict.fromkeys(NAMES, value))
        assert answer.status_code < 500, (value[:40], answer.content[:300])
    answer = browser.post(path, b"\xff\xfe{", content_type="application/json")
    assert answer.status_code < 500

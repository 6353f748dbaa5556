"""Who gets in, what a browser is told, and what a stranger learns."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from accounts.roles import GRANTS, Permission, Role
from accounts.sample import DEMO_PASSWORD
from config.security import CONTENT_SECURITY_POLICY
from tests.test_quality import addresses

pytestmark = pytest.mark.django_db

# Pages that answer without a log-in: health, the log-in itself, what signed links open, and static descriptions.
OPEN = {
    *("healthz", "health_engine", "robots", "set_language", "javascript_catalog"),
    *("account_login", "account_logout", "account_signup", "account_inactive", "account_reset_password"),
    *("account_reset_password_done", "account_reset_password_from_key_done", "account_email_verification_sent"),
    *("account_confirm_login_code", "mfa_authenticate"),
}
# Pages that a person without any role may see: the own account, and the log-in library's own. Of several panels in one
# answer each refuses by itself (tests/incidents/room/test_panels.py).
FOR_EVERYBODY = {"account_page", "set_language", "preferences", "inbox", "inbox_bell", "panels"}


def sample_path(item, route):
    values = {"int": "1", "str": "incident:1", "slug": "x", "path": "x", "uuid": "00000000-0000-0000-0000-000000000000"}
    return "/" + re.sub(r"<(?:(\w+):)?\w+>", lambda match: values.get(match.group(1) or "str", "1"), route)


PAGES = [
    (item.name, sample_path(item, route))
    for item, route in addresses()
    if "(?P" not in route and not route.startswith("api/")
]
# A link sent to a telephone is its own key: whoever holds it may use it; without a valid signature it opens nothing.
BY_LINK = {name for name, path in PAGES if "link" in name or "token" in path}


@pytest.mark.parametrize(("name", "path"), PAGES, ids=[name for name, _ in PAGES])
def test_a_stranger_sees_nothing(client, name, path):
    answer = client.get(path)
    assert answer.status_code < 500 or name == "health_engine"
    if name in OPEN:
        return
    assert answer.status_code in {302, 401, 403, 404, 405, 410}, answer.status_code
    if answer.status_code == 302:
        assert answer.url.startswith(reverse("account_login"))


@pytest.mark.parametrize(("name", "path"), PAGES, ids=[name for name, _ in PAGES])
def test_a_person_without_a_role_sees_no_matter(client, make_user, name, path):
    if name in OPEN | FOR_EVERYBODY or name.startswith(("account_", "mfa_")):
        return
    client.force_login(make_user("nobody"))
    answer = client.get(path)
    assert answer.status_code in {302, 403, 404, 405, 410}, answer.status_code


def test_every_answer_carries_the_policies(client, make_user):
    client.force_login(make_user("someone", Role.COMMANDER))
    for path in (reverse("board"), reverse("healthz"), reverse("account_page"), "/nothing-here"):
        headers = client.get(path).headers
        assert headers["Content-Security-Policy"] == CONTENT_SECURITY_POLICY
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "private" in headers["Cache-Control"] or "no-cache" in headers["Cache-Control"]


def test_the_policy_allows_no_script_in_a_page():
    directives = dict(directive.split(" ", 1) for directive in CONTENT_SECURITY_POLICY.split("; "))
    assert directives["script-src"] == "'self'"
    assert directives["default-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"


@pytest.mark.parametrize("name", ["board", "account_page", "people", "roster", "people_import", "api_keys", "api_docs"])
def test_a_page_holds_no_script_of_its_own(client, make_user, name):
    client.force_login(make_user("someone", Role.ADMINISTRATOR))
    text = client.get(reverse(name)).content.decode()
    for script in re.findall(r"<script[^>]*>", text):
        assert "src=" in script or "application/json" in script
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", text)
    assert "javascript:" not in text


def test_htmx_may_not_evaluate(client, make_user):
    client.force_login(make_user("someone", Role.ADMINISTRATOR))
    assert '"allowEval": false' in client.get(reverse("account_page")).content.decode()


def log_in(client, password, username="someone"):
    return client.post(reverse("account_login"), {"login": username, "password": password})


@pytest.fixture
def no_throttle_left_over():
    from django.core.cache import cache

    cache.clear()
    yield
    cache.clear()


@pytest.mark.usefixtures("no_throttle_left_over")
def test_guessing_passwords_is_throttled(client, make_user):
    make_user("someone", Role.WAREHOUSE)
    for _ in range(10):
        log_in(client, "wrong")
    refused = log_in(client, "correct horse")
    assert refused.status_code != 302
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("no_throttle_left_over")
def test_axes_locks_a_name_after_ten_wrong_passwords(client, make_user, settings):
    """The second line: what stands when the first one's memory (the cache of one process) is gone."""
    from django.core.cache import cache

    make_user("someone", Role.WAREHOUSE)
    for _ in range(10):
        cache.clear()
        answer = log_in(client, "wrong")
    cache.clear()
    answer = log_in(client, "correct horse")
    assert answer.status_code == 429
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("no_throttle_left_over")
def test_the_demo_password_opens_nothing_beyond_the_loopback_address(client, make_user, settings):
    user = make_user("someone", Role.WAREHOUSE)
    user.set_password(DEMO_PASSWORD)
    user.save()
    settings.LOOPBACK = False
    assert log_in(client, DEMO_PASSWORD).status_code == 200
    settings.LOOPBACK = True
    assert log_in(client, DEMO_PASSWORD).status_code == 302


@pytest.mark.usefixtures("no_throttle_left_over")
def test_a_person_who_left_cannot_log_in(client, make_user):
    user = make_user("someone", Role.WAREHOUSE)
    user.is_active = False
    user.save()
    log_in(client, "correct horse")
    assert "_auth_user_id" not in client.session


@pytest.mark.usefixtures("no_throttle_left_over")
def test_a_log_in_does_not_lead_elsewhere(client, make_user):
    make_user("someone", Role.WAREHOUSE)
    form = {"login": "someone", "password": "correct horse", "next": "https://evil.example/"}
    assert client.post(reverse("account_login"), form).url == reverse("board")
    answer = client.post(reverse("preferences"), {"theme": "dark", "next": "//evil.example/"})
    assert answer.url == "/"


def test_a_second_factor_is_asked_for_also_by_the_administration(client, make_user):
    user = make_user("someone", Role.ADMINISTRATOR)
    user.is_staff = user.is_superuser = True
    user.save()
    answer = client.get(reverse("admin:login"))
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_login"))


def test_the_administration_changes_nothing(client, make_user):
    from django.contrib import admin

    from accounts.models import User

    user = make_user("root", Role.ADMINISTRATOR)
    user.is_staff = user.is_superuser = True
    user.save()
    client.force_login(user)
    for name in ("accounts_user", "accounts_apikey", "accounts_duty", "journal_entry", "journal_head"):
        assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200, name
    page = client.get(reverse("admin:accounts_user_change", args=[user.pk])).content.decode()
    assert user.password not in page
    assert not admin.site._registry[User].has_change_permission(None)


def test_figures_of_the_machine_are_for_auditors(client, api):
    assert client.get(reverse("metrics")).status_code == 401
    assert api("order_system").get(reverse("metrics")).status_code == 403
    assert api("auditor").get(reverse("metrics")).status_code == 200


def test_a_form_of_another_page_is_refused(make_user):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user("someone", Role.ADMINISTRATOR))
    assert client.post(reverse("api_keys"), {"name": "x", "role": "auditor"}).status_code == 403


def test_no_role_but_the_administrators_manages_accounts():
    holders = {role for role, permissions in GRANTS.items() if Permission.MANAGE_ACCOUNTS in permissions}
    assert holders == {Role.ADMINISTRATOR}
    assert GRANTS[Role.ORDER_SYSTEM] <= {Permission.VIEW, Permission.PUSH_ORDERS, Permission.REPORT_INCIDENT}

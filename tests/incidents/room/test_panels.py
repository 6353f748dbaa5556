"""Several panels in one answer: each with its own checks, none that the reader holds already."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from incidents import operations
from journal import fragments

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(client, make_user):
    fragments.store.clear()

    def asked(*addresses, role=Role.SECTION_CHIEF, have=()):
        name = str(role)
        user = User.objects.filter(username=name).first() or make_user(name, *([role] if role else []))
        client.force_login(user)
        query = {"of": addresses, "have": [*have, *[""] * (len(addresses) - len(have))]}
        return client.get("/panels/", query, headers={"HX-Request": "true"})

    return asked


@pytest.fixture
def incident(running):
    return running()


def test_they_are_what_each_would_have_answered(ask, client, incident):
    names = ("incident_head", "incident_measures", "incident_posts", "incident_timeline")
    addresses = [reverse(name, args=[incident.pk]) for name in names]
    addresses[1] += "?show=mine"
    parts = ask(*addresses).json()
    for address, part in zip(addresses, parts, strict=True):
        alone = client.get(address, headers={"HX-Request": "true"})
        assert (part["status"], part["html"], part["etag"]) == (200, alone.content.decode(), alone["ETag"])
    again = ask(*addresses, have=[part["etag"] for part in parts]).json()
    assert again == [{"status": 304}] * 4


def test_a_change_sends_only_what_changed(ask, incident, commander):
    addresses = [reverse(name, args=[incident.pk]) for name in ("incident_posts", "incident_timeline")]
    held = [part["etag"] for part in ask(*addresses).json()]
    """What is done elsewhere leaves the sign-in board as it was; a touch makes it anew, to the same."""
    measure = incident.measures.filter(state="pending", kind="checklist", needs_approval=False).first()
    operations.complete_measure(measure_id=measure.pk, by=commander)
    assert [part["status"] for part in ask(*addresses, have=held).json()] == [304, 200]


def test_each_part_has_its_own_answer(ask, incident):
    head = reverse("incident_head", args=[incident.pk])
    parts = ask(head, reverse("incident_head", args=[10**6]), "/nowhere/", "/incidents/", "//x", "").json()
    assert [part["status"] for part in parts] == [200, 404, 404, 400, 404, 404]


def test_it_shows_nothing_to_those_who_may_not(ask, client, incident):
    addresses = [reverse("incident_head", args=[incident.pk])]
    assert [part["status"] for part in ask(*addresses, role=None).json()] == [403]
    client.logout()
    assert client.get("/panels/", {"of": addresses, "have": [""]}).status_code == 302


def test_one_reading_serves_all_of_them(ask, incident):
    names = ("incident_head", "incident_measures", "incident_posts", "incident_timeline")
    addresses = [reverse(name, args=[incident.pk]) for name in names]
    ask(*addresses)
    with CaptureQueriesContext(connection) as statements:
        ask(*addresses)
    # Who asks, whether anything happened, and whether anything happened to people.
    assert sum("journal_entry" in statement["sql"] for statement in statements) == 2
    assert not any("incidents_" in statement["sql"] for statement in statements)

"""Auditors search the journal and verify it in the browser."""

import pytest
from django.db import connection, transaction
from django.urls import reverse

from accounts.actors import SYSTEM
from accounts.roles import Role
from journal import operations

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(client, make_user):
    client.force_login(make_user("auditor", Role.AUDITOR))
    for number in range(61):
        with transaction.atomic():
            operations.write(kind="test.happened", subject=f"thing:{number % 2}", by=SYSTEM, reference="incident:1")
    return client


def test_it_pages_and_filters(auditor):
    first = auditor.get(reverse("journal_page"))
    assert len(first.context["rows"]) == 60
    second = auditor.get(reverse("journal_page") + f"?before={first.context['older']}")
    assert len(second.context["rows"]) == 1
    assert len(auditor.get(reverse("journal_page") + "?topic=thing:1").context["rows"]) == 30
    assert auditor.get(reverse("journal_page") + "?kind=other.").context["rows"] == []
    assert len(auditor.get(reverse("journal_page") + "?before=" + "9" * 5000).context["rows"]) == 60
    assert len(auditor.get(reverse("journal_page") + "?actor=system&topic=incident:1").context["rows"]) == 60


def test_it_verifies(auditor):
    assert auditor.post(reverse("journal_verify")).context["faults"] == []
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE journal_entry DISABLE TRIGGER journal_entry_is_evidence")
        cursor.execute("UPDATE journal_entry SET actor = 'nobody' WHERE seq = 3")
    assert len(auditor.post(reverse("journal_verify")).context["faults"]) == 2


def test_it_is_for_auditors(client, make_user):
    client.force_login(make_user("someone", Role.WAREHOUSE))
    assert client.get(reverse("journal_page")).status_code == 403
    assert client.post(reverse("journal_verify")).status_code == 403

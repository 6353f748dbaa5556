"""Plans to read and approve."""

import pytest

from accounts.roles import Role
from incidents.models import Plan

pytestmark = pytest.mark.django_db


def test_it_lists_and_shows_plans(enter, rules):
    client = enter()
    plan = Plan.objects.order_by("level").first()
    assert plan.name_en in client.get("/plans/").content.decode()
    page = client.get(f"/plans/{plan.pk}/").content.decode()
    assert plan.measures.first().name_en in page
    assert "Begin the next version" in page


def test_it_begins_and_approves_the_next_version(enter, rules):
    client = enter()
    old = Plan.objects.first()
    assert client.get(f"/plans/{old.pk}/draft/").status_code == 200
    response = client.post(f"/plans/{old.pk}/draft/?sheet=1")
    draft = Plan.objects.get(category=old.category, level=old.level, version=old.version + 1)
    assert response["HX-Redirect"] == f"/plans/{draft.pk}/edit/"
    client.post(f"/plans/{draft.pk}/submit/?sheet=1")
    client.post(f"/plans/{draft.pk}/approve/?sheet=1")
    old.refresh_from_db()
    draft.refresh_from_db()
    assert (old.state, draft.state) == ("retired", "approved")


def test_it_shows_no_buttons_to_readers(enter, rules):
    client = enter(Role.AUDITOR)
    plan = Plan.objects.first()
    assert "Begin the next version" not in client.get(f"/plans/{plan.pk}/").content.decode()
    assert client.post(f"/plans/{plan.pk}/draft/?sheet=1").status_code == 403

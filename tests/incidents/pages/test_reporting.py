"""Reporting in the browser, and the grade that is shown meanwhile."""

import pytest

from accounts.roles import Role
from incidents.models import Incident

pytestmark = pytest.mark.django_db


def test_it_reports_grades_and_goes_to_the_room(enter, rules, place):
    client = enter()
    response = client.post(
        "/incidents/report/",
        {"title": "Typhoon", "category": "natural_disaster", "regions": ["330000"], "figure_deaths": "1", "key": "k"},
    )
    incident = Incident.objects.get()
    assert response.url == f"/incidents/{incident.pk}/"
    assert (incident.state, incident.grade, incident.indicators["deaths"]) == ("graded", 2, 1)


def test_it_makes_one_incident_of_a_double_click(enter, rules):
    client = enter()
    for _ in range(2):
        client.post("/incidents/report/", {"title": "Fire", "category": "accident", "key": "same"})
    assert Incident.objects.count() == 1


def test_it_keeps_what_was_filled_in_when_it_refuses(enter, rules, place):
    response = enter().post(
        "/incidents/report/", {"title": "Fire", "category": "accident", "regions": ["330000", "999999"]}
    )
    assert response.status_code == 422
    assert "Zhejiang" in response.content.decode()
    assert not Incident.objects.exists()


def test_it_previews_the_grade_and_keeps_nothing(enter, rules, place):
    response = enter().post("/incidents/report/preview/", {"category": "natural_disaster", "regions": ["330000"]})
    text = response.content.decode()
    assert "level-2" in text
    assert "Zhejiang" in text
    assert not Incident.objects.exists()


def test_it_survives_an_unknown_place_in_the_preview(enter, rules):
    response = enter().post("/incidents/report/preview/", {"regions": ["999999", "x y"]})
    assert response.status_code == 200


def test_it_asks_for_the_permission(enter, rules):
    assert enter(Role.AUDITOR).get("/incidents/report/").status_code == 403


def test_it_lists_and_filters(enter, running):
    client = enter()
    assert "台风利奇马" in client.get("/incidents/").content.decode()
    assert "台风利奇马" not in client.get("/incidents/?state=closed").content.decode()
    assert client.get("/incidents/?level=abc&category=x&q=%27&page=zz").status_code == 200


def test_it_takes_a_hub_for_the_place(enter, rules, place):
    from dispatch.models import Hub

    Hub.objects.create(code="G15", name="杭州湾跨海大桥", kind="road", region_id="330000")
    client = enter()
    assert 'data-pick="hubs"' in client.get("/incidents/report/places/", {"q": "G15"}).content.decode()
    client.post("/incidents/report/", {"title": "Fog", "category": "natural_disaster", "hubs": ["G15"], "key": "k"})
    incident = Incident.objects.get()
    assert (incident.scope["hubs"], incident.region_code) == (["G15"], "330000")

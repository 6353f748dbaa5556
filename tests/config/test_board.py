"""The board's panels and data."""

import pytest

from accounts.roles import Role
from dispatch.models import Region, Warehouse

pytestmark = pytest.mark.django_db
PANELS = ["status", "warnings", "incidents", "throughput", "orders", "supplies", "map.json", "throughput.json"]


@pytest.fixture
def reader(client, make_user):
    client.force_login(make_user("auditor", Role.AUDITOR, language="en"))
    return client


@pytest.mark.parametrize("panel", PANELS)
def test_it_serves_every_panel_while_nothing_happens(reader, panel):
    slash = "" if panel.endswith(".json") else "/"
    assert reader.get(f"/board/{panel}{slash}").status_code == 200


@pytest.mark.parametrize("panel", PANELS)
def test_it_shows_nothing_to_visitors(client, panel):
    slash = "" if panel.endswith(".json") else "/"
    assert client.get(f"/board/{panel}{slash}").status_code == 302


def test_it_sends_the_map_once(reader):
    first = reader.get("/board/map.json")
    again = reader.get("/board/map.json", headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_it_fills_provinces_and_marks_cities_by_the_worst_level(reader, commander):
    from incidents import defaults, operations
    from notifications import sample

    sample.load()
    defaults.load()
    zhejiang = Region.objects.create(code="330000", name="浙江省", level="province", lat=29.0, lon=120.0)
    Region.objects.create(code="330200", name="宁波市", level="city", parent=zhejiang, lat=29.9, lon=121.5)
    Warehouse.objects.create(code="W1", name="宁波仓", region_id="330200", lat=29.9, lon=121.6, daily_capacity=20_000)
    for level, scope in ((3, ["330000"]), (2, ["330000"]), (4, ["330200"])):
        incident = operations.report_incident(
            title=f"at {level}", category="accident", scope={"regions": scope}, by=commander
        )
        operations.respond(incident_id=incident.pk, level=level, by=commander)
    data = reader.get("/board/map.json").json()
    assert (data["regions"]["330000"]["level"], data["regions"]["330000"]["whole"]) == (2, True)
    assert [(city["name"], city["level"]) for city in data["cities"]] == [("宁波市", 4)]
    assert data["warehouses"][0]["name"] == "宁波仓"
    status = reader.get("/board/status/").content.decode()
    assert "chip-level-2" in status


def test_it_keeps_theme_and_language(client, make_user):
    user = make_user("limin")
    client.force_login(user)
    response = client.post("/preferences/", {"theme": "dark", "language": "en", "next": "https://evil.example/"})
    user.refresh_from_db()
    assert (response.url, user.theme, user.language) == ("/", "dark", "en")


def test_it_gives_the_time_for_the_browsers_timers(client):
    assert isinstance(client.get("/healthz").json()["now"], int)

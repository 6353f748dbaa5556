"""Warnings are kept once, folded by their successors, and linked to regions."""

import pytest

from accounts.actors import NotAllowed, user_actor
from accounts.roles import Role
from alerts import operations, queries
from alerts.models import Warning
from journal.models import Entry
from tests.alerts.conftest import ZHEJIANG, cap, geocode, refers

pytestmark = pytest.mark.django_db


def codes(warning):
    return dict(warning.regions.values_list("region_code", "via"))


def test_it_keeps_a_message_whole_and_once(file):
    first = file()
    again = file()
    assert (again.pk, again.fresh, first.fresh) == (first.pk, False, True)
    assert bytes(Warning.objects.get().raw) == cap()
    assert list(Entry.objects.values_list("kind", flat=True)).count("alert.received") == 1


def test_it_refuses_another_text_under_the_same_name(file):
    file()
    with pytest.raises(operations.WarningConflict):
        file(headline="别的内容")


def test_it_links_by_geocode(file):
    assert codes(file()) == {"331000": "geocode"}
    assert codes(file(identifier="T-2", place=geocode("330000"))) == {"330000": "geocode"}
    assert codes(file(identifier="T-3", place=geocode("331081"))) == {"331000": "geocode"}  # its city
    assert codes(file(identifier="T-4", place=geocode("331081000000"))) == {"331000": "geocode"}
    assert codes(file(identifier="T-5", place=geocode("331000", "SAME"))) == {}


def test_it_links_by_polygon_and_circle(file):
    found = codes(file(place=f"<polygon>{ZHEJIANG}</polygon>"))
    assert found["331000"] == "polygon"
    assert found["PORT07"] == "polygon"
    assert "330100" not in found
    near = codes(file(identifier="T-2", place="<circle>30.27,120.15 20</circle>"))
    assert (near.get("330100"), "331000" in near) == ("circle", False)
    assert codes(file(identifier="T-3", place="<circle>40.0,-100.0 50</circle>")) == {}


def test_it_takes_the_region_out_of_a_chinese_identifier(file):
    assert codes(file(identifier="33010041600000_20260712080000_1", place="")) == {"330100": "identifier"}


def test_it_folds_an_update_and_a_cancel(file):
    first = file()
    second = file(identifier="T-2", sent="2026-07-12T09:00:00+08:00", msg_type="Update", references=refers())
    assert [row.pk for row in queries.active_warnings()] == [second.pk]
    last = file(
        identifier="T-3",
        sent="2026-07-12T10:00:00+08:00",
        msg_type="Cancel",
        references=refers("T-2", "2026-07-12T09:00:00+08:00"),
    )
    assert queries.active_warnings() == []
    rows = Warning.objects.in_bulk()
    assert (rows[first.pk].state, rows[first.pk].folded_by_id) == ("superseded", second.pk)
    assert (rows[second.pk].state, rows[second.pk].folded_by_id) == ("cancelled", last.pk)


def test_it_folds_whichever_comes_first(file):
    cancel = file(identifier="T-2", sent="2026-07-12T09:00:00+08:00", msg_type="Cancel", references=refers())
    first = file()
    assert (first.state, first.folded_by_id) == ("cancelled", cancel.pk)
    assert queries.active_warnings() == []


def test_it_lets_nobody_end_anothers_warning(file):
    first = file()
    file(identifier="T-2", sender="other@weather.example", msg_type="Cancel", references=refers())
    file(identifier="T-3", status="Exercise", msg_type="Cancel", references=refers())
    assert [row.pk for row in queries.active_warnings()] == [first.pk]


@pytest.mark.parametrize("status", ["Exercise", "Test", "System", "Draft"])
def test_it_keeps_but_never_acts_on_what_is_not_actual(file, status):
    warning = file(status=status)
    assert (warning.live, queries.active_warnings()) == (False, [])
    assert Entry.objects.get(kind="alert.received").payload["live"] is False


def test_it_ends_with_its_expiry_or_an_all_clear(file):
    file(expires="<expires>2020-07-13T08:00:00+08:00</expires>")
    file(identifier="T-2", response="<responseType>AllClear</responseType>")
    file(identifier="T-3", sent="2020-07-12T08:00:00+08:00", expires="")
    assert queries.active_warnings() == []


def test_it_finds_warnings_of_a_region_and_those_around_it(file):
    city = file(place=geocode("331000"))
    province = file(identifier="T-2", place=geocode("330000"), severity="Extreme")
    assert [row.pk for row in queries.active_warnings(["330000"])] == [province.pk, city.pk]
    assert [row.pk for row in queries.active_warnings(["33"])] == [province.pk, city.pk]
    assert [row.pk for row in queries.active_warnings(["330100"])] == [province.pk]
    assert queries.active_warnings(["310000"]) == []


@pytest.mark.parametrize(
    ("fields", "color"),
    [
        ({"severity": "Extreme"}, "red"),
        ({"severity": "Minor"}, "blue"),
        ({"severity": "Unknown"}, ""),
        ({"severity": "Severe", "headline": "测试气象台发布台风黄色预警信号"}, "yellow"),
    ],
)
def test_it_knows_the_colour(file, fields, color):
    assert file(**fields).color == color


def test_it_is_for_alert_sources_only(regions, make_user):
    with pytest.raises(NotAllowed):
        operations.file_warning(xml=cap(), by=user_actor(make_user("cang", Role.WAREHOUSE)))


def test_it_answers_over_rest(regions, api, client):
    send = api("alert_source")
    answer = client.post("/api/v1/alerts/cap", cap(), content_type="application/xml", headers=send.headers)
    assert answer.status_code == 201, answer.content
    assert answer.json()["regions"] == [{"region_code": "331000", "via": "geocode"}]
    again = client.post("/api/v1/alerts/cap", cap(), content_type="text/xml", headers=send.headers)
    assert (again.status_code, again.json()["id"]) == (200, answer.json()["id"])
    broken = client.post("/api/v1/alerts/cap", b"<rss/>", content_type="application/xml", headers=send.headers)
    assert (broken.status_code, broken.json()["code"], broken.json()["where"]) == (422, "NotCap", "rss")
    empty = client.post("/api/v1/alerts/cap", b"", content_type="application/xml", headers=send.headers)
    assert empty.status_code == 422
    huge = client.post("/api/v1/alerts/cap", b" " * 1_500_000, content_type="application/xml", headers=send.headers)
    assert huge.status_code == 422
    other = client.post(
        "/api/v1/alerts/cap", cap(), content_type="application/xml", headers=api("order_system").headers
    )
    assert other.status_code == 403
    assert client.post("/api/v1/alerts/cap", cap(), content_type="application/xml").status_code == 401
    assert send.get("/api/v1/alerts/warnings").status_code == 403
    read = api("administrator").get("/api/v1/alerts/warnings?region=33")
    assert [row["headline"] for row in read.json()] == ["测试气象台发布台风预警信号"]


def test_it_does_not_spread_over_a_province_for_a_city_we_leave_out(file):
    # 30.0–30.6 N, 121.3–121.9 E lies in Ningbo, which this network does not list.
    found = codes(file(place="<polygon>29.8,121.4 30.0,121.4 30.0,121.7 29.8,121.7 29.8,121.4</polygon>"))
    assert "330000" not in found


def test_it_makes_lanes_there_riskier_for_as_long_as_it_is_in_force(file):
    from dispatch.models import RegionRisk

    first = file(severity="Severe")
    assert set(RegionRisk.objects.values_list("reference", "risk")) == {(f"warning:{first.pk}", 0.5)}
    second = file(identifier="T-2", msg_type="Update", severity="Minor", references=refers())
    assert set(RegionRisk.objects.values_list("reference", "risk")) == {(f"warning:{second.pk}", 0.1)}
    file(identifier="T-3", msg_type="Cancel", references=refers("T-2"))
    assert not RegionRisk.objects.exists()

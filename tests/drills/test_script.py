"""Scripts are data: they survive storage, and their curves are plain interpolation."""

import pytest

from drills import sample_lekima
from drills.script import Script, drawn


def test_it_comes_back_from_json_unchanged():
    script = sample_lekima.script()
    assert Script.from_json(script.to_json()).to_json() == script.to_json()


def test_it_falls_below_half_and_recovers_past_eighty_percent_within_two_days():
    script = sample_lekima.script()
    shares = [script.share_at(hour) for hour in range(sample_lekima.HOURS)]
    assert min(shares) < 0.5
    recovered = next(hour for hour in range(11, 46) if shares[hour] >= 0.8)
    assert recovered < 48
    assert all(share >= 0.8 for share in shares[recovered:])


@pytest.mark.parametrize(("hour", "share"), [(-1, 1.0), (0, 1.0), (1, 0.75), (2, 0.5), (3, 0.75), (4, 1.0), (9, 1.0)])
def test_it_interpolates_throughput(hour, share):
    script = Script("x", "x", "x", steps=(), throughput=((0, 1.0), (2, 0.5), (4, 1.0)))
    assert script.share_at(hour) == share


def test_it_draws_the_same_answer_for_the_same_person():
    assert drawn((1, 9), "lekima", "site", 0) == drawn((1, 9), "lekima", "site", 0)
    assert drawn((1, 9), "lekima", "site", 0) != drawn((1, 9), "lekima", "site", 1)
    assert 1 <= drawn((1, 9), "anything") <= 9


def test_it_follows_the_best_track_past_wenling():
    from datetime import UTC, datetime

    landfall = datetime(2026, 8, 9, 18, tzinfo=UTC)
    points = sample_lekima.track(landfall)
    at_landfall = next(point for point in points if point.at == landfall)
    assert (at_landfall.lat, at_landfall.lon, at_landfall.wind) == (28.4, 121.4, 90)
    assert [point.at for point in points] == sorted(point.at for point in points)


@pytest.mark.parametrize("index", range(len(sample_lekima.WARNINGS)))
def test_it_writes_well_formed_exercise_warnings(index):
    from datetime import UTC, datetime

    from lxml import etree

    raw = sample_lekima.cap_message(exercise=7, index=index, now=datetime(2026, 8, 9, 18, 1, 2, 345, tzinfo=UTC))
    root = etree.fromstring(raw)
    name = "{urn:oasis:names:tc:emergency:cap:1.2}"
    assert root.findtext(f"{name}status") == "Exercise"
    assert root.findtext(f"{name}sent") == "2026-08-10T02:01:02+08:00"
    assert "【演练】" in root.findtext(f"{name}info/{name}headline")

"""The call-out ladder, as arithmetic."""

from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from incidents.ladder import ALTERNATE, CHANNEL, DEFAULT, Rung, ladder_for, rung_due, rungs_from_json
from incidents.timemap import TimeMap

CALLED = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
channels = st.sets(st.sampled_from(["in_app", "sms", "voice", "email"]))


def test_it_climbs_by_default():
    ladder = ladder_for(DEFAULT, rank=0, alternates=2, channels=["in_app", "sms", "voice"])
    assert [(rung.minutes, rung.value) for rung in ladder] == [
        (0, "in_app"),
        (3, "sms"),
        (5, "voice"),
        (8, "1"),
        (12, "2"),
    ]
    assert rung_due(ladder, 1, CALLED, TimeMap()) == CALLED + timedelta(minutes=3)
    assert rung_due(ladder, 1, CALLED, TimeMap.start(CALLED, 60)) == CALLED + timedelta(seconds=3)
    assert rung_due(ladder, 5, CALLED, TimeMap()) is None


def test_an_alternate_does_not_climb():
    assert all(rung.kind == CHANNEL for rung in ladder_for(DEFAULT, rank=1, alternates=2, channels=["sms"]))


@calm
@given(st.integers(0, 2), st.integers(0, 2), channels)
def test_somebody_is_always_called_and_no_alternate_invented(rank, alternates, reachable):
    ladder = ladder_for(DEFAULT, rank=rank, alternates=alternates, channels=reachable)
    assert any(rung.kind == CHANNEL for rung in ladder)
    assert all(int(rung.value) <= alternates for rung in ladder if rung.kind == ALTERNATE)
    assert [rung.minutes for rung in ladder] == sorted(rung.minutes for rung in ladder)
    assert rungs_from_json([rung.to_json() for rung in ladder]) == [
        Rung(float(r.minutes), r.kind, r.value) for r in ladder
    ]

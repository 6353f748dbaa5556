"""What orders in transit can still do: the arithmetic by itself."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dispatch.detouring import Advice, Leg, Roads, Standing, Way, advise

HUBS = ["A", "B", "C", "D"]
DIRECT = Way(9, "R", "W", (Leg(None, None, None),))


def way(lane: int, *hubs: str, closed: bool = False, hours: int = 5, region: str = "R") -> Way:
    return Way(lane, region, "W", tuple(Leg(hub, None, hours) for hub in (*hubs, None)), closed)


def roads(*ways: Way, shut: str = "", houses: str = "") -> Roads:
    return Roads({one.lane: one for one in ways}, frozenset(shut.split()), frozenset(houses.split()))


MAIN, OTHER, SLOW = way(1, "A", "B"), way(2, "A", "C"), way(3, "A", "D", hours=9)


@pytest.mark.parametrize(
    ("standing", "network", "advice"),
    [
        (Standing(1, 1), roads(MAIN, OTHER), None),
        (Standing(1, 3), roads(MAIN, OTHER, shut="B"), None),  # it is past the closed hub
        (Standing(1, 1), roads(MAIN, OTHER, SLOW, shut="B"), Advice("detour", "way", "A", 2)),
        (Standing(1, 1), roads(MAIN, shut="B"), Advice("hold", "no_way", "A")),
        (Standing(1, 2), roads(MAIN, OTHER, shut="B"), Advice("detour", "way", "A", 2)),
        (Standing(1, 2), roads(MAIN, shut="B"), Advice("hold", "no_way", "A")),
        (Standing(1, 2), roads(MAIN, OTHER, shut="A B"), Advice("hold", "no_way")),
        (Standing(1, 1), roads(MAIN, OTHER, shut="A"), Advice("turn_back", "behind")),
        (Standing(1, 1), roads(MAIN, OTHER, shut="A", houses="W"), Advice("hold", "behind")),
        (Standing(9, 1), roads(Way(9, "R", "W", DIRECT.legs, True)), Advice("turn_back", "behind")),
        (Standing(1, None), roads(MAIN, OTHER, shut="B"), Advice("hold", "unknown")),
        (Standing(None, None), roads(MAIN), Advice("hold", "unknown")),
        (Standing(1, 4), roads(way(1, "A", "B", closed=True)), Advice("hold", "arrived")),
        (Standing(1, 2, "hold", "A"), roads(MAIN, shut="B"), None),
        (Standing(1, 2, "hold", "A"), roads(MAIN), Advice("resume", "open", "A")),
        (Standing(1, 2, "hold", "A"), roads(MAIN, OTHER, shut="B"), Advice("detour", "way", "A", 2)),
        (Standing(1, 1, "detour", "A", by=2), roads(MAIN, OTHER, shut="B"), None),
        (Standing(1, 1, "detour", "A", by=2), roads(MAIN, OTHER, SLOW, shut="B C"), Advice("detour", "way", "A", 3)),
        (Standing(1, 1, "detour", "A", by=2), roads(MAIN, OTHER, shut="A"), Advice("turn_back", "behind")),
        (Standing(1, 1, "detour", "A", by=2), roads(MAIN, OTHER, shut="C"), Advice("resume", "open")),
        (Standing(1, 3, "detour", "A", by=2), roads(MAIN, OTHER, shut="B"), None),  # nobody knows how far it got
        (Standing(1, 3, "detour", "A", by=2), roads(MAIN, OTHER, shut="B C"), Advice("hold", "unknown")),
        (Standing(1, 2, "detour", "A", by=2, by_leg=2), roads(MAIN, OTHER, shut="B C"), Advice("hold", "no_way", "A")),
        (Standing(1, 3, "detour", "A", by=2, by_leg=3), roads(MAIN, OTHER, shut="A B C"), None),
        (Standing(1, 2, "hold", "A"), roads(MAIN, shut="A B"), Advice("hold", "no_way")),
        (Standing(1, 1, "hold", "A"), roads(MAIN, shut="A B"), Advice("turn_back", "behind")),
        (Standing(1, 1, "turn_back"), roads(MAIN, shut="A"), None),
        (Standing(1, 1, "turn_back"), roads(MAIN, shut="A", houses="W"), Advice("hold", "behind")),
        (Standing(1, 1, "detour", "A", True), roads(MAIN, OTHER, shut="B"), Advice("hold", "refused")),
        (Standing(1, 1, "hold", None, True), roads(MAIN, shut="B"), None),
    ],
)
def test_it_says_what_is_left_to_do(standing, network, advice):
    assert advise(standing, network) == advice


WAYS = st.lists(
    st.tuples(st.lists(st.sampled_from(HUBS), unique=True, max_size=3), st.booleans(), st.integers(1, 9)),
    min_size=1,
    max_size=4,
)


@settings(
    max_examples=200,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(WAYS, st.sets(st.sampled_from(HUBS)), st.integers(1, 4))
def test_nobody_is_sent_through_a_closed_hub_or_past_one_that_he_cannot_reach(ways, shut, leg):
    found = [way(lane, *hubs, closed=closed, hours=hours) for lane, (hubs, closed, hours) in enumerate(ways, 1)]
    network = roads(*found, shut=" ".join(shut))
    own = found[0]
    advice = advise(Standing(1, min(leg, len(own.legs) + 1)), network)
    ahead = own.legs[leg - 1 :]
    if advice is None:
        assert not own.closed
        assert not {one.hub for one in ahead} & shut
    elif advice.step == "detour":
        route = [one.hub for one in own.legs]
        assert route.index(advice.hub) >= leg - 2
        assert not set(route[leg - 1 : route.index(advice.hub) + 1]) & shut
        other = network.ways[advice.lane]
        hubs = [one.hub for one in other.legs]
        assert not other.closed
        assert not set(hubs[hubs.index(advice.hub) :]) & shut
    elif advice.hub:
        assert advice.hub not in shut

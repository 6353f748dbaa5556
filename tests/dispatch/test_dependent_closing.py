"""What depends on something closed is closed with it, for as long as that is."""

import pytest

from accounts.actors import SYSTEM, Actor, NotAllowed
from accounts.roles import Permission
from dispatch.models import Hub, Lane, LaneClosure, LaneLeg, Warehouse
from dispatch.operations import BadExplanation, NothingClosed, close_scope, explain_closure, reopen_scope
from dispatch.queries import closed_hubs, closed_lanes, closed_warehouses, impact, network_capacity, open_closures
from dispatch.scope import Scope, UnknownScope

pytestmark = pytest.mark.django_db


@pytest.fixture
def hubs(network):
    """A hub in Ningbo that two lanes to Shanghai go through, and a road that one of them uses."""
    for code, kind in [("NB-HUB", "sorting"), ("G15", "road")]:
        Hub.objects.create(code=code, name=code, kind=kind, region_id="330200")
    lanes = list(Lane.objects.filter(warehouse="W01", region="310100").order_by("id"))
    for lane in lanes:
        LaneLeg.objects.create(lane=lane, position=1, mode="road", hub_id="NB-HUB")
        road = "G15" if lane == lanes[0] else None
        LaneLeg.objects.create(lane=lane, position=2, mode="road", road_id=road)
    return [lane.pk for lane in lanes]


@pytest.mark.parametrize(("code", "count"), [("NB-HUB", 2), ("G15", 1)])
def test_it_closes_lanes_through_a_closed_hub_or_road(hubs, code, count):
    assert close_scope(reference="incident:1", scope=Scope(hubs=(code,)), by=SYSTEM, cause="flood") == count
    assert closed_lanes() == set(hubs[:count])
    assert open_closures("incident:1") == count
    assert not LaneClosure.objects.exists()
    LaneLeg.objects.filter(lane=hubs[0]).delete()  # the lane goes another way now
    assert hubs[0] not in closed_lanes()
    assert reopen_scope(reference="incident:1", by=SYSTEM) == count - 1
    assert (closed_lanes(), closed_hubs()) == (set(), set())


def test_it_closes_the_hubs_of_a_closed_region(hubs):
    # Two lanes into Ningbo from each warehouse, and those that only pass through it.
    assert impact(Scope(regions=("330200",))).lanes == 6
    assert close_scope(reference="incident:1", scope=Scope(regions=("330200",)), by=SYSTEM) == 6
    assert closed_hubs() == {"NB-HUB", "G15"}
    assert set(hubs) <= closed_lanes()
    assert reopen_scope(reference="incident:1", by=SYSTEM) == 6


def test_it_keeps_lanes_closed_while_anything_on_the_way_is(hubs):
    close_scope(reference="incident:1", scope=Scope(hubs=("NB-HUB",)), by=SYSTEM)
    close_scope(reference="incident:2", scope=Scope(hubs=("G15",)), by=SYSTEM, exercise=7)
    assert closed_lanes(exercise=7) == set(hubs)
    assert reopen_scope(reference="incident:1", by=SYSTEM) == 2
    assert (closed_lanes(), closed_lanes(exercise=7)) == (set(), {hubs[0]})


def test_it_leaves_what_is_on_standby_or_retired_out(network):
    Warehouse.objects.filter(code="W02").update(standby=True)
    assert closed_warehouses() == {"W02"}
    assert closed_lanes() == set(Lane.objects.filter(warehouse="W02").values_list("pk", flat=True))
    found = network_capacity()
    assert (found.warehouses, found.closed_warehouses, found.daily_capacity, found.lanes) == (1, 0, 300, 6)


def test_it_says_why_who_says_so_and_how_long(hubs):
    from journal.clock import now
    from journal.models import Entry

    close_scope(reference="incident:1", scope=Scope(hubs=("NB-HUB",), warehouses=("W02",)), by=SYSTEM)
    with pytest.raises(BadExplanation):
        explain_closure(reference="incident:1", by=SYSTEM, expected_until=now())
    with pytest.raises(BadExplanation):
        explain_closure(reference="incident:1", by=SYSTEM, cause="aliens")
    assert explain_closure(reference="incident:1", by=SYSTEM, cause="flood", source="交警") == 8
    assert set(LaneClosure.objects.values_list("cause", "source")) == {("flood", "交警")}
    assert Entry.objects.filter(kind="dispatch.closure_explained", reference="incident:1").count() == 1
    with pytest.raises(NothingClosed):
        explain_closure(reference="incident:2", by=SYSTEM)


def test_it_asks_who_closes_a_hub(hubs):
    here = Actor("user", "9", frozenset({Permission.APPROVE_REROUTE}), regions=frozenset({"33"}))
    close_scope(reference="incident:1", scope=Scope(hubs=("G15",)), by=here)
    Hub.objects.filter(code="NB-HUB").update(region=None)
    with pytest.raises(NotAllowed):
        close_scope(reference="incident:1", scope=Scope(hubs=("NB-HUB",)), by=here)
    with pytest.raises(UnknownScope):
        close_scope(reference="incident:1", scope=Scope(hubs=("NOPE",)), by=SYSTEM)

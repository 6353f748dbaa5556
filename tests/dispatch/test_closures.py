"""Closing and opening parts of the network."""

import pytest

from accounts.actors import SYSTEM, NotAllowed
from accounts.roles import Role
from dispatch.models import LaneClosure, Order
from dispatch.operations import EmptyScope, close_scope, freeze_affected, reopen_scope
from dispatch.queries import closed_lanes, closed_warehouses, network_capacity
from dispatch.scope import Scope
from journal.models import Entry

pytestmark = pytest.mark.django_db
HANGZHOU = Scope(regions=("330100",))


def test_it_closes_and_opens_again(network):
    assert close_scope(reference="incident:1", scope=Scope(warehouses=("W01",)), by=SYSTEM) == 6
    assert (len(closed_lanes()), closed_warehouses()) == (6, {"W01"})
    assert network_capacity().lost_share == 0.75
    assert close_scope(reference="incident:1", scope=Scope(warehouses=("W01",)), by=SYSTEM) == 0
    assert reopen_scope(reference="incident:1", by=SYSTEM) == 6
    assert reopen_scope(reference="incident:1", by=SYSTEM) == 0
    assert (closed_lanes(), closed_warehouses()) == (set(), set())
    kinds = Entry.objects.filter(reference="incident:1").order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["dispatch.scope_closed", "dispatch.scope_reopened"]
    assert LaneClosure.objects.filter(opened_at=None).count() == 0


def test_it_keeps_a_lane_closed_for_whoever_else_closed_it(network):
    close_scope(reference="incident:1", scope=Scope(carriers=("SF",)), by=SYSTEM)
    close_scope(reference="incident:2", scope=HANGZHOU, by=SYSTEM)
    reopen_scope(reference="incident:1", by=SYSTEM)
    # Hangzhou's lanes and those of its warehouse stay closed.
    assert len(closed_lanes()) == 8


def test_it_keeps_an_exercise_to_itself(network):
    close_scope(reference="incident:1", scope=Scope(carriers=("SF",)), by=SYSTEM)
    close_scope(reference="incident:2", scope=Scope(warehouses=("W01",)), by=SYSTEM, exercise=7)
    assert len(closed_lanes()) == 6
    assert len(closed_lanes(exercise=7)) == 9
    assert len(closed_lanes(exercise=8)) == 6
    assert closed_warehouses() == set()
    assert reopen_scope(reference="incident:2", by=SYSTEM) == 0
    assert reopen_scope(reference="incident:2", by=SYSTEM, exercise=7) == 6


def test_it_asks_who_closes_what(network, make_user):
    from accounts.actors import user_actor

    chief = user_actor(make_user("chief", Role.SECTION_CHIEF, region_code="33"))
    close_scope(reference="incident:1", scope=HANGZHOU, by=chief)
    for scope in (Scope(regions=("31",)), Scope(carriers=("SF",)), Scope(warehouses=("W02",))):
        with pytest.raises(NotAllowed):
            close_scope(reference="incident:1", scope=scope, by=chief)
    with pytest.raises(NotAllowed):
        close_scope(reference="incident:1", scope=HANGZHOU, by=user_actor(make_user("hand", Role.WAREHOUSE)))
    with pytest.raises(EmptyScope):
        close_scope(reference="incident:1", scope=Scope(), by=SYSTEM)


def test_it_freezes_what_is_hit(make_orders, send):
    make_orders(3)
    make_orders(2, prefix="N", region="330200")
    make_orders(1, prefix="D", state="dispatched")
    frozen = freeze_affected(reference="incident:1", scope=HANGZHOU, by=SYSTEM)
    # The warehouse lies in Hangzhou; what has left can still be hit where it goes.
    assert (frozen.version, frozen.orders, frozen.in_transit) == (1, 6, 1)
    row = frozen.rows.select_related("order").order_by("order_id").first()
    assert (row.order.external_id, row.order_version, row.warehouse_id, row.carrier_id) == ("A0", 1, "W01", "SF")
    assert row.lane_id == row.order.lane_id
    entry = Entry.objects.get(kind="dispatch.affected_frozen")
    assert (entry.subject, entry.payload["orders"]) == (f"affected:{frozen.pk}", 6)


def test_it_keeps_a_frozen_set_until_it_is_refreshed(make_orders):
    make_orders(3)
    first = freeze_affected(reference="incident:1", scope=HANGZHOU, by=SYSTEM)
    make_orders(1, prefix="B")
    assert freeze_affected(reference="incident:1", scope=HANGZHOU, by=SYSTEM) == first
    second = freeze_affected(reference="incident:1", scope=HANGZHOU, by=SYSTEM, refresh=True)
    assert (second.version, second.orders, first.rows.count()) == (2, 4, 3)
    drill = freeze_affected(reference="incident:1", scope=HANGZHOU, by=SYSTEM, exercise=7)
    assert (drill.version, drill.orders, drill.exercise) == (1, 4, 7)
    assert set(Order.objects.values_list("state", "version")) == {("open", 1)}

"""Taking waves back asks whether there is room where the orders came from."""

from __future__ import annotations

import pytest

from accounts.actors import SYSTEM
from accounts.roles import Role
from dispatch.models import Assignment, Lane, Order, RunState, Stock, Warehouse
from dispatch.operations import NoRoomBack, apply_waves, approve_run, roll_back_run, roll_back_wave
from dispatch.queries import rollbacks
from journal.clock import now
from tests.dispatch.rerouting import solved_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def moved(make_orders):
    """Five orders, one of them of a higher priority, moved away from a warehouse that closed."""
    make_orders(4)
    make_orders(1, prefix="first", priority=2)
    run = solved_run()
    approve_run(run_id=run.pk, by=SYSTEM)
    apply_waves(run_id=run.pk, by=SYSTEM)
    return run


def full_lane(room: int) -> None:
    Lane.objects.filter(warehouse="W01", region="330100", carrier="SF").update(daily_capacity=room)


def test_where_there_is_no_room_nothing_is_done_and_the_places_are_named(moved):
    full_lane(2)
    with pytest.raises(NoRoomBack) as refusal:
        roll_back_wave(run_id=moved.pk, number=1, by=SYSTEM)
    (lane,) = refusal.value.extra["lanes"]
    assert (lane["need"], lane["left"]) == (5, 2)
    with pytest.raises(NoRoomBack):
        roll_back_run(run_id=moved.pk, by=SYSTEM)
    assert set(Order.objects.values_list("warehouse_id", flat=True)) == {"W02"}
    moved.refresh_from_db()
    assert moved.state == RunState.APPLIED


def test_as_many_go_back_as_fit_the_highest_priority_first(moved):
    full_lane(2)
    run = roll_back_run(run_id=moved.pk, by=SYSTEM, fitting=True)
    assert (run.restored, run.waves.get().restored) == (2, 2)
    back = set(Order.objects.filter(warehouse="W01").values_list("external_id", flat=True))
    assert "first0" in back
    assert len(back) == 2
    assert Assignment.objects.filter(kind="rollback").count() == 2


def test_others_that_took_the_room_count(moved, make_orders):
    full_lane(6)
    Warehouse.objects.filter(code="W01").update(daily_capacity=7)
    make_orders(3, prefix="new")
    found = rollbacks.no_room(moved, [1], now())
    assert [(item.warehouse, item.need, item.left) for item in found] == [(None, 5, 3), ("W01", 5, 4)]
    assert roll_back_run(run_id=moved.pk, by=SYSTEM, fitting=True).restored == 3


def test_what_is_closed_is_told_and_takes_them_all_the_same(moved):
    (closed,) = rollbacks.closed_ways(moved, [1])
    assert (closed.warehouse, closed.orders) == ("W01", 5)
    assert rollbacks.to_restore(moved, [1]) == 5
    assert roll_back_run(run_id=moved.pk, by=SYSTEM).restored == 5


def test_goods_that_have_gone_are_named_with_the_orders_that_would_wait(moved, make_user, client):
    """Each of the five asks for two of P1; the one of the highest priority, and one more, would get it."""
    Stock.objects.create(warehouse_id="W01", product="P1", quantity=5, version=1, updated_at=now())
    lacking, (missing,) = rollbacks.missing_goods(moved, [1])
    assert (lacking, missing.product, missing.need, missing.left, missing.orders) == (3, "P1", 10, 5, 3)
    assert missing.such == ["A1", "A2", "A3"]
    client.force_login(make_user("chief", Role.SECTION_CHIEF), backend="accounts.backends.StaffBackend")
    assert "A1, A2, A3" in client.get(f"/reroutes/{moved.pk}/roll-back/?wave=1").content.decode()
    assert roll_back_run(run_id=moved.pk, by=SYSTEM).restored == 5, "people decide"


def test_the_page_tells_the_consequence_before_anything_is_done(moved, make_user, client):
    full_lane(2)
    client.force_login(make_user("chief", Role.SECTION_CHIEF), backend="accounts.backends.StaffBackend")
    address = f"/reroutes/{moved.pk}/roll-back/"
    shown = client.get(f"{address}?wave=1").content.decode()
    assert "W01仓" in shown
    assert 'name="fitting" value="1"' in shown
    refused = client.post(address, {"wave": "1"}, headers={"hx-request": "true"})
    assert refused.status_code == 409
    done = client.post(address, {"wave": "1", "fitting": "1"}, headers={"hx-request": "true"})
    assert done.status_code == 204
    assert Order.objects.filter(warehouse="W01").count() == 2


def test_the_api_tells_and_takes_the_same(moved, api):
    full_lane(2)
    chief = api("section_chief")
    told = chief.get(f"/api/v1/reroutes/{moved.pk}/roll_back").json()
    assert (told["orders"], told["lanes"][0]["left"], told["closed"][0]["orders"]) == (5, 2, 5)
    assert (told["lacking"], told["missing"]) == (0, [])
    assert chief.post(f"/api/v1/reroutes/{moved.pk}/roll_back", {}).json()["code"] == "NoRoomBack"
    done = chief.post(f"/api/v1/reroutes/{moved.pk}/waves/1/roll_back", {"fitting": True})
    assert done.json()["restored"] == 2

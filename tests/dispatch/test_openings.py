"""Backup warehouses: opened for something, usable after their lead time, until they are ended."""

from datetime import timedelta

import pytest

from accounts.actors import SYSTEM, Actor, NotAllowed
from accounts.roles import Permission
from dispatch.models import Warehouse
from dispatch.operations import (
    apply_waves,
    approve_run,
    end_opening,
    limit_warehouse,
    open_warehouse,
    tell_openings,
)
from dispatch.operations.openings import BadOpening, NotOnStandby, NotOpen, OpenedAlready, OpenedForThis
from dispatch.queries import closed_warehouses, warehouse_rooms, warehouse_states
from journal.clock import now
from journal.models import Entry
from tests.dispatch.rerouting import solved_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def standby(network):
    Warehouse.objects.filter(code="W02").update(standby=True, lead_hours=4, kind="backup")


def kinds():
    found = Entry.objects.filter(subject="warehouse:W02").order_by("id")
    return [kind.removeprefix("dispatch.warehouse_") for kind in found.values_list("kind", flat=True)]


def test_it_can_be_used_after_its_lead_time(standby, fast_forward):
    opening = open_warehouse(code="W02", reference="incident:1", by=SYSTEM, throughput=250)
    assert opening.usable_from - opening.opened_at == timedelta(hours=4)
    assert (closed_warehouses(), warehouse_states()) == ({"W02"}, {"W02": "opening"})
    assert tell_openings() == 0
    fast_forward(hours=4, seconds=1)
    assert (closed_warehouses(), warehouse_rooms()["W02"]) == (set(), 250)
    assert (tell_openings(), tell_openings()) == (1, 0)
    end_opening(code="W02", by=SYSTEM)
    assert (closed_warehouses(), warehouse_rooms()["W02"]) == ({"W02"}, 100)
    assert kinds() == ["opened", "usable", "on_standby"]
    with pytest.raises(NotOpen):
        end_opening(code="W02", by=SYSTEM)


def test_a_plan_counts_on_it_from_the_day_it_can_be_used(standby, make_orders):
    Warehouse.objects.filter(code="W02").update(lead_hours=24)
    make_orders(3)
    open_warehouse(code="W02", reference="incident:1", by=SYSTEM, throughput=2)
    run = solved_run(days=3)
    assert sorted(run.proposals.values_list("outcome", "day")) == [(0, 1), (0, 1), (0, 2)]
    approve_run(run_id=run.pk, by=SYSTEM)
    apply_waves(run_id=run.pk, by=SYSTEM)
    run.refresh_from_db()
    assert (run.applied, run.skipped) == (3, 0)


def test_it_ends_by_itself(standby, fast_forward):
    open_warehouse(code="W02", reference="incident:1", by=SYSTEM, until=now() + timedelta(hours=6))
    fast_forward(hours=5)
    assert closed_warehouses() == set()
    fast_forward(hours=2)
    assert closed_warehouses() == {"W02"}
    tell_openings()
    assert kinds() == ["opened", "usable", "on_standby"]
    open_warehouse(code="W02", reference="incident:2", by=SYSTEM)


def test_it_is_opened_for_one_thing_at_a_time(standby):
    open_warehouse(code="W02", reference="incident:1", by=SYSTEM)
    with pytest.raises(OpenedForThis):
        open_warehouse(code="W02", reference="incident:1", by=SYSTEM)
    with pytest.raises(OpenedAlready) as refusal:
        open_warehouse(code="W02", reference="incident:2", by=SYSTEM)
    assert refusal.value.extra["reference"] == "incident:1"
    open_warehouse(code="W02", reference="incident:3", by=SYSTEM, exercise=7)
    with pytest.raises(NotOnStandby):
        open_warehouse(code="W01", reference="incident:1", by=SYSTEM)
    with pytest.raises(BadOpening):
        open_warehouse(code="W02", reference="incident:3", by=SYSTEM, exercise=8, throughput=0)


def test_it_asks_who_opens_it(standby):
    here = Actor("user", "9", frozenset({Permission.APPROVE_REROUTE}), warehouses=frozenset({"W02"}))
    open_warehouse(code="W02", reference="incident:1", by=here)
    for by in (
        Actor("user", "9", frozenset({Permission.VIEW})),
        Actor("user", "9", here.permissions, frozenset({"33"})),
    ):
        with pytest.raises(NotAllowed):
            end_opening(code="W02", by=by)


def test_it_runs_at_a_share(network):
    limit_warehouse(code="W01", share=0.5, by=SYSTEM, cause="power")
    assert warehouse_rooms()["W01"] == 150
    limit_warehouse(code="W01", share=1, by=SYSTEM, cause="power")
    house = Warehouse.objects.get(code="W01")
    assert (warehouse_rooms()["W01"], house.cause) == (300, "")

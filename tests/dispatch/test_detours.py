"""Orders in transit: proposed with the run, told before all others, answered, taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.actors import SYSTEM
from dispatch.models import Assignment, Hub, Lane, LaneLeg, Order, RerouteSkip, RunState, Stock
from dispatch.operations import (
    Answer,
    answer_assignments,
    apply_next_wave,
    apply_waves,
    approve_run,
    freeze_affected,
    reopen_scope,
    request_reroute,
    roll_back_run,
    roll_back_wave,
    solve_run,
)
from dispatch.queries import assignments_after
from dispatch.queries.detours import detour_rows, explain_detour
from dispatch.queries.handover import hand_over
from dispatch.scope import Scope
from journal.clock import now
from journal.models import Entry
from tests.dispatch.conftest import ORDER_SYSTEM
from tests.dispatch.rerouting import solved_run

pytestmark = pytest.mark.django_db(transaction=True)  # the feed shows what is committed


@pytest.fixture
def on_the_way(send, order_row):
    """on_the_way(A=2, B=14) → orders to Ningbo that left so many hours ago by way of H0, H1 and H2 (5 h a leg);
    another lane of W01 goes by H0 and H3. None: nobody said when they left."""
    for code in ("H0", "H1", "H2", "H3"):
        Hub.objects.create(code=code, name=f"枢纽{code}", name_en=f"Hub {code}", kind="sorting")
    for carrier, hubs in [("SF", ("H0", "H1", "H2", None)), ("JD", ("H0", "H3", None))]:
        lane = Lane.objects.get(warehouse="W01", region="330200", carrier=carrier)
        LaneLeg.objects.bulk_create(
            LaneLeg(lane=lane, position=place, mode="road", hub_id=hub, hours=5)
            for place, hub in enumerate(hubs, start=1)
        )

    def make(**left: int | None) -> None:
        for name, hours in left.items():
            time = None if hours is None else (now() - timedelta(hours=hours)).isoformat()
            send(order_row(f"{name}-0", 2, region="330200", state="dispatched", dispatched_at=time))

    return make


H2 = Scope(hubs=("H2",))


def advice(run):
    return {
        row.order: (row.step, row.hub, row.lane and Lane.objects.get(pk=row.lane).carrier_id)
        for row in detour_rows(run)
    }


def test_each_is_told_what_it_can_still_do(on_the_way, make_orders):
    on_the_way(near=2, past=17, between=12, untold=None)
    make_orders(2, prefix="open", region="330200")
    run = solved_run(scope=H2)
    assert advice(run) == {
        "near-0": ("detour", "H0", "JD"),
        "between-0": ("hold", "H1", None),
        "untold-0": ("hold", None, None),
    }
    assert (run.orders, run.assigned, run.to_detour) == (2, 2, 3)
    wave = run.waves.get(zone="transit")
    assert (wave.orders, wave.number) == (3, 2)
    assert "枢纽H0" in explain_detour(run, "near-0").sentence
    assert explain_detour(run, "past-0").row is None
    assert explain_detour(run, "open0") is None


def test_who_has_left_does_not_care_that_its_warehouse_is_closed(on_the_way):
    on_the_way(near=2, past=17)
    run = solved_run(scope=Scope(hubs=("H2",), warehouses=("W01",)))
    assert advice(run) == {"near-0": ("detour", "H0", "JD")}
    approve_run(run_id=run.pk, by=SYSTEM)
    apply_waves(run_id=run.pk, by=SYSTEM)
    assert Assignment.objects.get().kind == "detour"


def test_a_set_of_nothing_else_is_solved_where_stock_is_known(on_the_way):
    Stock.objects.create(warehouse_id="W02", product="P1", quantity=0, version=1, updated_at=now())
    on_the_way(near=2)
    assert solved_run(scope=H2).to_detour == 1


def test_a_closed_destination_stops_what_is_on_the_way(on_the_way):
    on_the_way(near=2, past=17)
    run = solved_run(scope=Scope(regions=("330200",)))
    assert advice(run) == {"near-0": ("hold", "H0", None), "past-0": ("hold", "H2", None)}


def test_they_are_told_first_and_through_the_same_feed(on_the_way, make_orders):
    on_the_way(near=2, between=12)
    make_orders(2, prefix="open", region="330200")
    run = solved_run(scope=H2)
    approve_run(run_id=run.pk, by=SYSTEM)
    first = apply_next_wave(run_id=run.pk, by=SYSTEM)
    assert (first.zone, first.applied, first.skipped) == ("transit", 2, 0)
    told = {row["order"]: row for row in assignments_after().rows}
    jd = Lane.objects.get(warehouse="W01", region="330200", carrier="JD")
    near = told["near-0"]
    assert (near["kind"], near["hub"], near["lane"], near["carrier"]) == ("detour", "H0", jd.pk, "JD")
    assert (told["between-0"]["kind"], told["between-0"]["hub"]) == ("hold", "H1")
    before = Order.objects.get(external_id="near-0")
    assert (before.state, before.lane.carrier_id) == ("dispatched", "SF"), "the order system moves it, and says so"
    assert Entry.objects.filter(kind="reroute.wave_applied").count() == 1
    assert apply_waves(run_id=run.pk, by=SYSTEM) == 1
    run.refresh_from_db()
    assert (run.state, run.applied) == (RunState.APPLIED, 2)
    assert hand_over(run).told == 4


def test_what_has_changed_meanwhile_is_left_alone(on_the_way, send):
    on_the_way(near=2, between=12)
    run = solved_run(scope=H2)
    send({"external_id": "near-0", "version": 3, "state": "delivered", "delivered_at": now().isoformat()})
    approve_run(run_id=run.pk, by=SYSTEM)
    apply_waves(run_id=run.pk, by=SYSTEM)
    assert RerouteSkip.objects.get().why == "state"
    assert Assignment.objects.get().order.external_id == "between-0"


def test_a_refusal_is_for_people_and_nothing_is_told_twice(on_the_way):
    on_the_way(near=2, between=12)
    run = solved_run(scope=H2)
    approve_run(run_id=run.pk, by=SYSTEM)
    apply_waves(run_id=run.pk, by=SYSTEM)
    refused = Assignment.objects.get(order__external_id="near-0")
    answers = [
        Answer(row.pk, row != refused, "" if row != refused else "already unloaded") for row in Assignment.objects.all()
    ]
    answer_assignments(answers=answers, by=ORDER_SYSTEM)
    assert explain_detour(run, "near-0").answer == "already unloaded"
    figures = hand_over(run)
    assert (figures.accepted, figures.refused, figures.waiting) == (1, 1, 0)
    assert advice(solved_run(scope=H2)) == {"near-0": ("hold", None, None)}


def test_who_was_held_goes_on_when_the_way_is_open_again(on_the_way):
    on_the_way(between=12)
    run = solved_run(scope=H2)
    approve_run(run_id=run.pk, by=SYSTEM)
    apply_waves(run_id=run.pk, by=SYSTEM)
    assert advice(solved_run(scope=H2)) == {}
    reopen_scope(reference="incident:1", by=SYSTEM)
    frozen = freeze_affected(reference="incident:1", scope=H2, by=SYSTEM, refresh=True)
    following = request_reroute(reference="incident:1", affected_set_id=frozen.pk, by=SYSTEM)
    solve_run(run_id=following.pk)
    assert advice(following) == {"between-0": ("resume", "H1", None)}


@pytest.mark.parametrize("whole", [True, False])
def test_rolled_back_they_go_on_as_planned(on_the_way, whole):
    on_the_way(near=2)
    run = solved_run(scope=H2)
    approve_run(run_id=run.pk, by=SYSTEM)
    apply_waves(run_id=run.pk, by=SYSTEM)
    run = roll_back_run(run_id=run.pk, by=SYSTEM) if whole else roll_back_wave(run_id=run.pk, number=1, by=SYSTEM)
    assert run.state == RunState.ROLLED_BACK
    assert [row["kind"] for row in assignments_after().rows] == ["detour", "resume"]
    assert run.waves.get().restored == 1


def test_an_exercise_tells_nobody(on_the_way):
    on_the_way(near=2)
    run = solved_run(scope=H2, exercise=5)
    approve_run(run_id=run.pk, by=SYSTEM)
    apply_waves(run_id=run.pk, by=SYSTEM)
    assert Assignment.objects.get().exercise == 5
    assert assignments_after().rows == []


def test_the_room_s_panel_brings_the_forecast_once_there_is_a_reroute(on_the_way, make_user, client):
    from accounts.roles import Role

    client.force_login(make_user("viewer", Role.SECTION_CHIEF), backend="accounts.backends.StaffBackend")
    panel, forecast = "/panels/dispatch/incident:1/", "/panels/forecast/incident:1/"
    assert forecast not in client.get(panel).content.decode()
    on_the_way(near=2)
    solved_run(scope=H2)
    assert forecast in client.get(panel).content.decode()

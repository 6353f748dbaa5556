"""Measures that the system does: through the rooms below, idempotently, and never silently wrong."""

import pytest

from dispatch.models import LaneClosure, RerouteRun
from dispatch.operations import apply_waves, approve_run, reject_run, solve_run
from incidents import operations, systems
from incidents.models import Measure, MeasureJob
from incidents.refusals import PrerequisiteOpen, ReasonMissing
from inventory.models import Item, Stock, SupplyIssue
from inventory.operations import receive
from journal.models import Entry

pytestmark = pytest.mark.django_db
W01 = {"warehouses": ["W01"]}


def measure(code):
    return Measure.objects.get(code=code)


@pytest.fixture
def hit(network, make_orders, running, commander):
    """A response for a warehouse with 25 open orders."""
    make_orders(25)
    return running(level=3, scope=W01, by=commander)


def test_the_scope_is_known_and_graded_by_what_the_network_shows(network, make_orders, report, duty_officer):
    make_orders(4)
    incident = report(scope=W01)
    assert incident.region_code == "330100"
    incident = operations.grade_incident(incident_id=incident.pk, by=duty_officer)
    assert incident.measured["order_share"] == 1.0
    assert incident.grade == 1
    assert incident.graded_by_indicator in {"order_share", "lane_share", "capacity_share"}
    assert incident.indicators == {}  # what is measured is measured again next time


def test_a_reroute_that_helps_nobody_asks_people(network, make_orders, running, commander, work):
    make_orders(5)
    running(level=3, scope={"warehouses": ["W01", "W02"]}, by=commander)
    work()
    run = RerouteRun.objects.get()
    solve_run(run_id=run.pk)
    MeasureJob.objects.update(due_at=run.requested_at)
    work()
    reroute = measure("reroute")
    assert reroute.state == "failed"
    assert reroute.progress["unroutable"] == 5
    assert reroute.note


@pytest.mark.django_db(transaction=True)
def test_it_closes_lanes_then_reroutes(hit, work, run_clock, commander, entries):
    assert measure("close_lanes").state == "running"
    assert measure("reroute").state == "pending"  # its turn comes when the lanes are closed
    work()
    assert measure("close_lanes").state == "done"
    assert LaneClosure.objects.filter(reference=hit.reference, opened_at=None).count() == 6
    assert measure("reroute").state == "running"
    run = RerouteRun.objects.get()
    assert run.reference == hit.reference
    solve_run(run_id=run.pk)
    run_clock()
    work()
    assert measure("reroute").progress["waits_for"] == "reroute_approval"
    approve_run(run_id=run.pk, by=commander, over_cap=True)
    apply_waves(run_id=run.pk, by=commander)
    run_clock()
    work()
    done = measure("reroute")
    assert (done.state, done.progress["done"], done.progress["share"]) == ("done", 25, 1.0)
    assert not MeasureJob.objects.filter(measure=done).exists()
    assert {"measure.started", "measure.done"} <= set(entries(hit))


@pytest.mark.parametrize(
    ("level", "params", "days", "standby"),
    [(3, None, 3, "backup"), (2, None, 3, "temporary"), (3, {}, 3, "none"), (3, {"days": 5}, 5, "none")],
)
def test_a_reroute_has_the_days_and_standby_warehouses_of_its_plan(
    network, make_orders, running, work, *, commander, level, params, days, standby
):
    make_orders(3)
    running(level=level, scope=W01, by=commander)
    if params is not None:
        Measure.objects.filter(kind="reroute").update(params=params)
    work()
    run = RerouteRun.objects.get()
    assert (run.days, run.standby) == (days, standby)


@pytest.mark.django_db(transaction=True)
def test_a_rejected_reroute_fails_and_may_be_tried_again(hit, work, run_clock, commander):
    work()
    run = RerouteRun.objects.get()
    solve_run(run_id=run.pk)
    reject_run(run_id=run.pk, by=commander)
    run_clock()
    work()
    failed = measure("reroute")
    assert failed.state == "failed"
    assert failed.note
    operations.start_measure(measure_id=failed.pk, by=commander)
    work()
    assert RerouteRun.objects.count() == 2
    assert measure("reroute").state == "running"


def test_what_is_repeated_changes_nothing(hit, work):
    work()
    before = Entry.objects.count()
    MeasureJob.objects.update(lease_until=None)
    for job in MeasureJob.objects.all():
        systems.run_job(job.pk)
    assert RerouteRun.objects.count() == 1
    assert Entry.objects.count() == before


def test_without_a_scope_there_is_nothing_to_do(running, work):
    running(level=3)
    work()
    assert (measure("close_lanes").state, measure("reroute").state) == ("done", "done")
    assert measure("close_lanes").note


def test_supplies_are_issued_once_and_shortages_shown(network, running, work, commander):
    item = Item.objects.create(code="SANDBAG", name="沙袋", unit="条", unit_en="bags", category="flood", check_days=30)
    pump = Item.objects.create(code="PUMP", name="潜水泵", unit="台", unit_en="units", category="flood", check_days=30)
    receive(item=item.code, warehouse="W01", quantity=120, by=commander, key="opening")
    receive(item=pump.code, warehouse="W01", quantity=1, by=commander, key="opening pump")
    incident = running(level=4, scope=W01, by=commander)
    work()
    supplies = measure("issue_supplies")
    assert (supplies.state, supplies.progress["done"], supplies.progress["short"]) == ("done", 1, 3)
    assert SupplyIssue.objects.get().reference == incident.reference
    assert Stock.objects.get(item__code="SANDBAG").quantity == 20


def test_an_unexpected_error_is_tried_again_then_given_to_people(hit, monkeypatch, fast_forward, work):
    def broken(measure, incident):
        raise ZeroDivisionError

    monkeypatch.setitem(systems.HANDLERS, "close_scope", broken)
    job = MeasureJob.objects.get(measure__code="close_lanes")
    for _ in range(4):
        with pytest.raises(ZeroDivisionError):
            systems.run_job(job.pk)
        assert not systems.run_job(job.pk)  # not due yet
        fast_forward(seconds=40)
    assert systems.run_job(job.pk)
    failed = measure("close_lanes")
    assert failed.state == "failed"
    monkeypatch.undo()


def test_a_result_that_comes_too_late_is_dropped(hit, duty_officer, commander):
    """The lease ran out, or people settled it by hand meanwhile: the late worker writes nothing."""
    job = MeasureJob.objects.get(measure__code="close_lanes")
    stale = systems.claims.claim(MeasureJob.objects.filter(pk=job.pk), lease=systems.LEASE)[0]
    operations.complete_measure(measure_id=job.measure_id, by=commander, note="人工封闭")
    systems.finish_job(stale, systems.Outcome("failed", {}, "too late"))
    assert (measure("close_lanes").state, measure("close_lanes").note) == ("done", "人工封闭")


def test_a_measure_that_needs_approval_waits_for_it(hit, work, duty_officer, commander):
    notice = measure("first_notice")
    assert notice.waits_for_approval
    with pytest.raises(PrerequisiteOpen):
        operations.start_measure(measure_id=measure("reroute").pk, by=commander)
    work()
    assert measure("first_notice").state == "pending"
    operations.start_measure(measure_id=notice.pk, by=commander)
    started = measure("first_notice")
    assert (started.state, started.approved_by) == ("running", str(commander))
    work()
    assert measure("first_notice").progress["of"] == 1


def test_doing_the_systems_work_by_hand_needs_a_note(hit, commander):
    with pytest.raises(ReasonMissing):
        operations.complete_measure(measure_id=measure("close_lanes").pk, by=commander)


def test_recovery_reopens_and_closing_stands_down(hit, work, commander, entries):
    work()
    operations.recover(incident_id=hit.pk, by=commander)
    inspect = measure("inspect")
    assert inspect.due_at is not None
    operations.complete_measure(measure_id=inspect.pk, by=commander)
    operations.start_measure(measure_id=measure("reopen_lanes").pk, by=commander)
    work()
    assert measure("reopen_lanes").state == "done"
    assert not LaneClosure.objects.filter(opened_at=None).exists()
    assert measure("recovery_notice").waits_for_approval
    incident = operations.close(incident_id=hit.pk, by=commander, skip_open=True, reason="提前恢复")
    assert incident.state == "closed"
    assert measure("debrief").due_at is not None
    assert "incident.closed" in entries(hit)


def test_a_false_alarm_opens_what_was_closed(hit, work, duty_officer):
    work()
    assert LaneClosure.objects.filter(opened_at=None).exists()
    operations.dismiss(incident_id=hit.pk, reason="误报", by=duty_officer)
    assert not LaneClosure.objects.filter(opened_at=None).exists()
    assert not MeasureJob.objects.exists()
    assert set(Measure.objects.values_list("state", flat=True)) <= {"done", "skipped"}


def test_lanes_closed_by_a_worker_that_a_dismissal_overtook_are_opened_again(hit, duty_officer):
    job = MeasureJob.objects.get(measure__code="close_lanes")
    claimed = systems.claims.claim(MeasureJob.objects.filter(pk=job.pk), lease=systems.LEASE)[0]
    operations.dismiss(incident_id=hit.pk, reason="误报", by=duty_officer)
    outcome = systems.close_scope(measure("close_lanes"), hit)  # it had begun before, and goes on
    assert LaneClosure.objects.filter(opened_at=None).exists()
    systems.finish_job(claimed, outcome)
    assert not LaneClosure.objects.filter(opened_at=None).exists()


@pytest.mark.django_db(transaction=True)
def test_a_plan_may_want_each_wave_approved(hit, work, run_clock, commander):
    from dispatch.operations import approve_wave
    from incidents.models import Measure

    Measure.objects.filter(kind="reroute").update(params={"approve_each_wave": True})
    work()
    run = RerouteRun.objects.get()
    assert run.approve_each_wave
    solve_run(run_id=run.pk)
    approve_run(run_id=run.pk, by=commander, over_cap=True)
    apply_waves(run_id=run.pk, by=commander)
    run_clock()
    work()
    assert measure("reroute").progress["waits_for"] == "reroute_approval"
    for wave in run.waves.all():
        approve_wave(run_id=run.pk, number=wave.number, by=commander)
    apply_waves(run_id=run.pk, by=commander)
    run_clock()
    work()
    assert measure("reroute").state == "done"

"""Orders in transit are told anew when what they were told is no longer possible; races and kills of telling them."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from openpyxl import load_workbook

from accounts.actors import SYSTEM
from accounts.roles import Role
from dispatch.models import Assignment, Lane, RerouteRun, RerouteSkip, RunState
from dispatch.operations import (
    NoRoomBack,
    apply_waves,
    approve_run,
    close_scope,
    reopen_scope,
    roll_back_run,
    roll_back_wave,
    solve_run,
)
from dispatch.queries import assignments_after
from dispatch.scope import Scope
from journal.models import Entry
from tests.dispatch.killing import kill_in
from tests.dispatch.overspent import overspent
from tests.dispatch.rerouting import solved_run
from tests.dispatch.test_detours import H2, advice, on_the_way  # noqa: F401 a fixture
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


def told(run):
    approve_run(run_id=run.pk, by=SYSTEM)
    apply_waves(run_id=run.pk, by=SYSTEM)
    run.refresh_from_db()
    return run


def close(reference: str, *hubs: str, **options) -> RerouteRun | None:
    """Close hubs for another matter; the new advice that this asked for, solved."""
    close_scope(reference=reference, scope=Scope(hubs=hubs), by=SYSTEM, **options)
    found = RerouteRun.objects.filter(kind="detour", state="queued").first()
    return found and solve_run(run_id=found.pk)


def feed() -> list[tuple[str, str, str | None]]:
    return [(row["order"], row["kind"], row["hub"]) for row in assignments_after().rows]


def test_a_second_closure_tells_them_anew_and_once(on_the_way):  # noqa: F811
    on_the_way(near=2, between=12)
    told(solved_run(scope=H2))
    assert feed() == [("near-0", "detour", "H0"), ("between-0", "hold", "H1")]
    again = close("incident:2", "H3")
    assert (again.reference, again.kind, again.to_detour) == ("incident:1", "detour", 1)
    assert advice(again) == {"near-0": ("hold", "H0", None)}
    assert Entry.objects.get(kind="reroute.advice_wanted").reference == "incident:1"
    assert len(feed()) == 2, "people decide"
    assert told(again).state == RunState.APPLIED
    assert feed()[2:] == [("near-0", "hold", "H0")]
    assert close("incident:3", "H3") is None
    assert close("incident:4", "H1", exercise=4) is None


def test_the_room_says_so_and_leads_to_the_new_advice(on_the_way, make_user, client):  # noqa: F811
    client.force_login(make_user("chief", Role.SECTION_CHIEF), backend="accounts.backends.StaffBackend")
    on_the_way(near=2)
    told(solved_run(scope=H2))
    again = close("incident:2", "H3")
    assert f"/reroutes/{again.pk}/" in client.get("/panels/dispatch/incident:1/").content.decode()
    page = client.get(f"/reroutes/{again.pk}/").content.decode()
    assert f"/reroutes/{again.pk}/approve/" in page
    assert f"/reroutes/{again.pk}/detours/excel/" in page
    told(again)
    assert f"/reroutes/{again.pk}/" not in client.get("/panels/dispatch/incident:1/").content.decode()
    file = BytesIO(b"".join(client.get(f"/reroutes/{again.pk}/detours/excel/")))
    rows = list(load_workbook(file).active.iter_rows(min_row=2, values_only=True))
    assert [(row[0], row[6]) for row in rows] == [("near-0", "H0")]


def test_what_opens_again_lets_them_go_on(on_the_way):  # noqa: F811
    on_the_way(between=12)
    told(solved_run(scope=H2))
    reopen_scope(reference="incident:1", by=SYSTEM)
    again = RerouteRun.objects.get(kind="detour")
    solve_run(run_id=again.pk)
    assert advice(again) == {"between-0": ("resume", "H1", None)}


def test_who_has_gone_on_by_the_other_lane_is_looked_for_there(on_the_way):  # noqa: F811
    """It left H0, five hours from the warehouse, three hours ago: beyond H0 on the other lane, before H3."""
    on_the_way(near=2)
    run = solved_run(scope=H2)
    told(run)
    order = run.detours.get().order
    order.dispatched_at -= timedelta(hours=6)
    order.save(update_fields=["dispatched_at"])
    again = close("incident:2", "H3")
    jd = Lane.objects.get(warehouse="W01", region="330200", carrier="JD")
    assert again.detours.values_list("step", "hub", "leg", "by").get() == ("hold", "H0", 2, jd.pk)


def test_an_unapproved_one_gives_way_to_the_next_and_a_closed_way_is_not_told(on_the_way):  # noqa: F811
    on_the_way(near=2)
    first = solved_run(scope=H2)
    approve_run(run_id=first.pk, by=SYSTEM)
    close_scope(reference="incident:2", scope=Scope(hubs=("H3",)), by=SYSTEM)
    apply_waves(run_id=first.pk, by=SYSTEM)
    assert (RerouteSkip.objects.get().why, feed()) == ("closed", [])
    second = RerouteRun.objects.get(kind="detour")
    third = close("incident:3", "H0")
    second.refresh_from_db()
    assert (second.state, advice(third)) == ("superseded", {"near-0": ("turn_back", None, None)})


def test_two_runs_at_once_tell_an_order_once(on_the_way):  # noqa: F811
    on_the_way(near=2, between=12)
    runs = [solved_run(reference, scope=H2) for reference in ("incident:1", "incident:2")]
    for run in runs:
        approve_run(run_id=run.pk, by=SYSTEM)
    together(*[lambda run=run: apply_waves(run_id=run.pk, by=SYSTEM) for run in runs])
    assert sorted(name for name, _kind, _hub in feed()) == ["between-0", "near-0"]
    assert list(RerouteSkip.objects.values_list("why", flat=True)) == ["told", "told"]
    assert {RerouteRun.objects.get(pk=run.pk).state for run in runs} == {RunState.APPLIED}
    close("incident:3", "H3")
    assert RerouteRun.objects.filter(kind="detour").count() == 2, "both matters had looked at the same two orders"


def test_a_killed_wave_tells_all_or_nobody(on_the_way):  # noqa: F811
    on_the_way(near=2, between=12)
    run = solved_run(scope=H2)
    approve_run(run_id=run.pk, by=SYSTEM)
    kill_in(run, "apply_waves", "waves", "mark_applied")
    assert (Assignment.objects.count(), RerouteSkip.objects.count()) == (0, 0)
    assert overspent() == []
    apply_waves(run_id=run.pk, by=SYSTEM)
    assert len(feed()) == 2
    assert overspent() == []


def test_a_rollback_takes_back_only_what_was_told_last(on_the_way):  # noqa: F811
    on_the_way(near=2, between=12)
    first = told(solved_run(scope=H2))
    told(close("incident:2", "H3"))
    kill_in(first, "roll_back_run", "rollbacks", "take_back_detours")
    assert len(feed()) == 3
    roll_back_run(run_id=first.pk, by=SYSTEM)
    assert feed()[3:] == [("between-0", "resume", None)]


def test_two_rollbacks_at_once_never_share_the_room(make_orders):
    """Two runs moved five orders each away from the same lane, which has room for six now."""
    make_orders(5)
    first = told(solved_run())
    reopen_scope(reference="incident:1", by=SYSTEM)
    make_orders(5, prefix="B")
    second = told(solved_run("incident:2"))
    reopen_scope(reference="incident:2", by=SYSTEM)
    Lane.objects.filter(warehouse="W01", region="330100", carrier="SF").update(daily_capacity=6)
    results = together(*[lambda run=run: roll_back_wave(run_id=run.pk, number=1, by=SYSTEM) for run in (first, second)])
    assert [type(result) for result in results].count(NoRoomBack) == 1
    assert Assignment.objects.filter(kind="rollback").count() == 5
    assert overspent() == []

"""Reroutes and assignments over REST."""

import pytest

from accounts.actors import SYSTEM
from dispatch.models import Assignment, AssignmentAnswer, RerouteRun, RunState
from dispatch.operations import apply_waves, close_scope, freeze_affected
from tests.dispatch.rerouting import W01, applied_run, solved_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def applied(make_orders):
    make_orders(3)
    return applied_run()


@pytest.fixture
def feed(api, applied, monkeypatch):
    """The order system; inside one test transaction nothing is ever "surely committed", so the horizon is lifted."""
    from dispatch.queries import feed as module

    monkeypatch.setattr(module, "PAGE", module.PAGE.replace("(SELECT fenghuo_horizon())", "9223372036854775807"))
    return api("order_system")


def test_it_asks_looks_and_decides(api, make_orders):
    make_orders(2)
    close_scope(reference="incident:1", scope=W01, by=SYSTEM)
    freeze_affected(reference="incident:1", scope=W01, by=SYSTEM)
    commander = api("commander")
    asked = commander.post("/api/v1/reroutes", {"reference": "incident:1", "cost_cap": "0.5"})
    assert (asked.status_code, asked.json()["state"], asked.json()["next"]) == (202, "queued", ["adjust", "reject"])
    run = asked.json()["id"]
    early = commander.post(f"/api/v1/reroutes/{run}/approve", {})
    assert (early.status_code, early.json()["code"], early.json()["next"]) == (409, "IllegalStep", ["adjust", "reject"])
    from dispatch.operations import solve_run

    solve_run(run_id=run)
    shown = commander.get(f"/api/v1/reroutes/{run}").json()
    assert (shown["state"], shown["assigned"], shown["next"]) == (
        "proposed",
        2,
        ["approve", "choose", "adjust", "reject"],
    )
    assert shown["objective"] == shown["bound"]
    rows = commander.get(f"/api/v1/reroutes/{run}/proposals?reason=assigned").json()
    assert [(row["order"], row["warehouse"], row["reason"]) for row in rows] == [
        ("A0", "W02", None),
        ("A1", "W02", None),
    ]
    assert commander.post(f"/api/v1/reroutes/{run}/approve", {}).json()["state"] == "approved"
    assert commander.post(f"/api/v1/reroutes/{run}/approve", {}).status_code == 200
    assert commander.post(f"/api/v1/reroutes/{run}/reject").status_code == 409
    apply_waves(run_id=run, by=SYSTEM)
    assert commander.post(f"/api/v1/reroutes/{run}/roll_back").json()["restored"] == 2
    assert [row["id"] for row in commander.get("/api/v1/reroutes?reference=incident:1").json()] == [run]


def test_it_answers_clearly_to_what_it_does_not_know(api, network):
    commander = api("commander")
    assert commander.get("/api/v1/reroutes/99").status_code == 404
    assert commander.post("/api/v1/reroutes/99/approve", {}).status_code == 404
    refused = commander.post("/api/v1/reroutes", {"reference": "incident:404"})
    assert (refused.status_code, refused.json()["code"]) == (422, "UnknownAffectedSet")
    assert commander.post("/api/v1/reroutes", {"reference": "x" * 65}).status_code == 400


def test_only_those_who_may_decide_can(api, make_orders):
    make_orders(1)
    run = solved_run()
    auditor = api("auditor")
    assert auditor.post(f"/api/v1/reroutes/{run.pk}/approve", {}).status_code == 403
    assert auditor.get("/api/v1/assignments").status_code == 403
    assert RerouteRun.objects.get().state == RunState.PROPOSED


def test_the_order_system_pulls_and_answers(feed, applied):
    page = feed.get("/api/v1/assignments?limit=2").json()
    assert (len(page["results"]), page["has_more"]) == (2, True)
    row = page["results"][0]
    assert (row["order"], row["kind"], row["warehouse"], row["order_version"]) == ("A0", "reroute", "W02", 1)
    rest = feed.get(f"/api/v1/assignments?after={page['next']}").json()
    assert (len(rest["results"]), rest["has_more"]) == (1, False)
    answers = [
        {"assignment": row["id"], "status": "accepted"},
        {"assignment": rest["results"][0]["id"], "status": "refused", "reason": "on the truck already"},
    ]
    for answered in (2, 0):
        response = feed.post("/api/v1/assignments/ack", {"answers": answers})
        assert (response.status_code, response.json()) == (200, {"answered": answered})
    assert AssignmentAnswer.objects.filter(accepted=False).get().reason == "on the truck already"


@pytest.mark.parametrize("cursor", ["x", "1", "-1.2", "1.2.3", "9" * 19 + ".1", "%00"])
def test_the_feed_refuses_a_strange_cursor(feed, cursor):
    assert feed.get(f"/api/v1/assignments?after={cursor}").status_code in (400, 422)


def test_an_answer_must_make_sense(feed, applied):
    known = Assignment.objects.first().pk
    unknown = feed.post("/api/v1/assignments/ack", {"answers": [{"assignment": 10**9, "status": "accepted"}]})
    assert (unknown.status_code, unknown.json()["unknown"]) == (422, [10**9])
    silent = feed.post("/api/v1/assignments/ack", {"answers": [{"assignment": known, "status": "refused"}]})
    assert silent.status_code == 422

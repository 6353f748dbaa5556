"""Options, wishes, waves and reservations over REST."""

import pytest

from accounts.actors import SYSTEM
from dispatch.models import Goal, RerouteRun
from dispatch.operations import apply_waves, solve_run
from tests.dispatch.rerouting import solved_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(make_orders):
    make_orders(4)
    return solved_run()


def test_it_shows_and_chooses_options(api, run):
    commander = api("commander")
    options = commander.get(f"/api/v1/reroutes/{run.pk}/options").json()
    assert [option["goal"] for option in options if option["chosen"]] == ["cheapest"]
    assert {option["goal"] for option in options} == set(Goal.values) - {Goal.POLISHED}
    stale = commander.post(f"/api/v1/reroutes/{run.pk}/choose", {"goal": "fastest"}, HTTP_IF_MATCH="99")
    assert (stale.status_code, stale.json()["code"]) == (412, "RunChanged")
    version = commander.get(f"/api/v1/reroutes/{run.pk}").json()["version"]
    chosen = commander.post(f"/api/v1/reroutes/{run.pk}/choose", {"goal": "fastest"}, HTTP_IF_MATCH=str(version))
    assert (chosen.json()["goal"], chosen.json()["version"]) == ("fastest", version + 1)
    again = commander.post(f"/api/v1/reroutes/{run.pk}/choose", {"goal": "fastest"})
    assert (again.status_code, again.json()["code"]) == (409, "AlreadyDone")


def test_it_solves_again_once_per_key_and_compares(api, run):
    commander = api("commander")
    first = run.proposals.values_list("lane__carrier", flat=True)[0]
    other = {"SF": "JD", "JD": "SF"}[first]
    wishes = {"wishes": {"forbid": {"carriers": [first]}}}
    url = f"/api/v1/reroutes/{run.pk}/adjust"
    answers = [commander.post(url, wishes, HTTP_IDEMPOTENCY_KEY="one") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    child = answers[0].json()["id"]
    assert answers[1].json()["id"] == child
    assert RerouteRun.objects.count() == 2
    solve_run(run_id=child)
    change = commander.get(f"/api/v1/reroutes/{child}/compare").json()
    assert (change["before"], change["after"], change["orders"], change["assigned"]) == (run.pk, child, 4, 0)
    assert {row["code"]: (row["before"], row["after"]) for row in change["carriers"]} == {first: (4, 0), other: (0, 4)}
    assert len(change["samples"]) == 1
    assert commander.get(f"/api/v1/reroutes/{run.pk}/compare").status_code == 404, "it has no parent"
    bad = commander.post(f"/api/v1/reroutes/{child}/adjust", {"wishes": {"love": {}}})
    assert (bad.status_code, bad.json()["code"]) == (422, "BadWishes")


def test_it_explains_an_order(api, run):
    auditor = api("auditor")
    told = auditor.get(f"/api/v1/reroutes/{run.pk}/orders/A0").json()
    assert told["assigned"]
    assert "W02" in told["next_best"]
    assert "W01" in told["old_way"]
    assert auditor.get(f"/api/v1/reroutes/{run.pk}/orders/none").status_code == 404


def test_it_holds_pauses_and_takes_back_waves(api, run):
    commander = api("commander")
    url = f"/api/v1/reroutes/{run.pk}"
    commander.post(f"{url}/approve", {})
    held = commander.get(f"/api/v1/reservations?run={run.pk}").json()
    assert {(row["warehouse"], row["orders"]) for row in held if row["warehouse"]} == {("W02", 4)}
    assert commander.post(f"{url}/waves/1/pause").json()["waves"][0]["state"] == "paused"
    assert commander.post(f"{url}/waves/1/pause").json()["code"] == "AlreadyDone"
    assert commander.post(f"{url}/waves/7/pause").status_code == 404
    assert commander.post(f"{url}/resume").json()["waves"][0]["state"] == "waiting"
    apply_waves(run_id=run.pk, by=SYSTEM)
    taken = commander.post(f"{url}/waves/1/roll_back").json()
    assert (taken["state"], taken["waves"][0]["restored"]) == ("rolled_back", 4)
    assert commander.get("/api/v1/reservations").json() == []
    assert len(commander.get("/api/v1/reservations?released=true").json()) == 2


def test_it_explains_without_money_what_another_goal_prices(api, run):
    commander = api("commander")
    commander.post(f"/api/v1/reroutes/{run.pk}/choose", {"goal": "fastest"})
    told = commander.get(f"/api/v1/reroutes/{run.pk}/orders/A0").json()
    assert {choice["scarcity"] for choice in told["choices"]} == {None}

"""Rules over REST."""

import pytest

from accounts.roles import Role

pytestmark = pytest.mark.django_db


def test_it_reads_changes_and_lists(api):
    chief = api(Role.COMMANDER)
    answer = chief.get("/api/v1/rules/ladder")
    assert (answer["ETag"], len(answer.json()["content"])) == ('"1"', 6)
    rows = answer.json()["content"][:3]
    changed = chief.put("/api/v1/rules/ladder", {"content": rows, "note": "少打扰"}, HTTP_IF_MATCH='"1"')
    assert (changed.status_code, changed.json()["number"]) == (200, 2)
    stale = chief.put("/api/v1/rules/ladder", {"content": rows[:2], "note": "x"}, HTTP_IF_MATCH='"1"')
    assert stale.status_code == 412
    versions = chief.get("/api/v1/rules/ladder/versions").json()["results"]
    assert [(row["number"], row["note"]) for row in versions] == [(2, "少打扰"), (1, "")]


def test_problems_are_named_by_row_and_field(api):
    chief = api(Role.COMMANDER)
    rows = chief.get("/api/v1/rules/matrix").json()["content"]
    rows[4]["limits"]["1"] = 0.01
    answer = chief.put("/api/v1/rules/matrix", {"content": rows, "note": "x"})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["4.limit_1"])
    assert chief.get("/api/v1/rules/weather").status_code == 404
    assert api(Role.AUDITOR).get("/api/v1/rules/levels").status_code == 200
    assert api(Role.DUTY_OFFICER).put("/api/v1/rules/matrix", {"content": rows, "note": "x"}).status_code == 403

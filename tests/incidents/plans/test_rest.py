"""Plans over REST: the whole life of one, by two keys."""

import pytest

from accounts.roles import Role
from incidents.api.planshapes import WRITE_EXAMPLE
from incidents.models import Plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def items(db):
    from inventory.models import Item

    Item.objects.create(code="PUMP", name="潜水泵", unit="台", category="flood")


def test_it_tells_the_whole_life(api, items):
    author, second = api(Role.COMMANDER), api(Role.ADMINISTRATOR)
    first = author.post("/api/v1/plans", {"category": "accident", "level": 2}, HTTP_IDEMPOTENCY_KEY="k1")
    again = author.post("/api/v1/plans", {"category": "accident", "level": 2}, HTTP_IDEMPOTENCY_KEY="k1")
    assert (first.status_code, first.json()["id"]) == (201, again.json()["id"])
    path = f"/api/v1/plans/{first.json()['id']}"
    revision = first["ETag"]
    written = author.put(path, WRITE_EXAMPLE, HTTP_IF_MATCH=revision)
    assert written.status_code == 200, written.content
    assert written.json()["measures"][0]["params"]["crews"][0]["need"] == 2
    stale = author.put(path, {"name": "x"}, HTTP_IF_MATCH=revision)
    assert (stale.status_code, stale.json()["code"]) == (412, "ChangedMeanwhile")
    assert author.post(f"{path}/submit").json()["state"] == "in_review"
    assert second.post(f"{path}/send-back", {"note": "缺清点"}).json()["review_note"] == "缺清点"
    author.post(f"{path}/submit")
    assert second.post(f"{path}/approve").json()["state"] == "approved"
    assert author.put(path, {"name": "x"}).json()["code"] == "PlanState"
    assert author.delete(path).status_code == 409
    assert second.post(f"{path}/retire").json()["state"] == "retired"


def test_a_draft_is_thrown_away(api):
    author = api(Role.COMMANDER)
    path = f"/api/v1/plans/{author.post('/api/v1/plans', {'category': 'traffic', 'level': 1}).json()['id']}"
    assert author.delete(path).status_code == 204
    assert author.get(path).status_code == 404


def test_what_cannot_be_written_says_where(api):
    author = api(Role.COMMANDER)
    path = f"/api/v1/plans/{author.post('/api/v1/plans', {'category': 'traffic', 'level': 1}).json()['id']}"
    answer = author.put(path, {"supplies": [{"item": "ROCKET", "quantity": 1}]})
    assert (answer.status_code, answer.json()["field"], answer.json()["row"]) == (422, "supplies", 1)
    assert author.post("/api/v1/plans", {"category": "traffic", "level": 1, "region_code": "999999"}).status_code == 422
    assert author.post("/api/v1/plans", {}).status_code == 422
    assert author.post(f"{path}/submit").status_code == 422
    assert api(Role.DUTY_OFFICER).put(path, {"name": "x"}).status_code == 403


def test_two_plans_are_compared(api):
    author = api(Role.COMMANDER)
    old = Plan.objects.get(category="traffic", level=3)
    new = author.post("/api/v1/plans", {"source_id": old.pk}).json()
    author.put(f"/api/v1/plans/{new['id']}", {"objectives": "救人第一"})
    found = author.get(f"/api/v1/plans/{old.pk}/diff/{new['id']}").json()
    assert [row["field"] for row in found["texts"]] == ["objectives"]
    assert found["measures"] == []


def test_coverage_counts_the_gaps(api):
    reader = api(Role.AUDITOR)
    Plan.objects.filter(category="traffic", level=3).delete()
    (everywhere,) = reader.get("/api/v1/plans/coverage").json()
    gap = next(c for c in everywhere["cells"] if (c["category"], c["level"]) == ("traffic", 3))
    assert (gap["gap"], gap["fit"], gap["runs"]) == (True, "generic", None)
    assert everywhere["gaps"] == sum(cell["gap"] for cell in everywhere["cells"])
    wider = reader.get("/api/v1/plans/coverage?region=330000").json()[0]
    assert {cell["fit"] for cell in wider["cells"]} == {"wider", "generic"}

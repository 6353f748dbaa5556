"""Command over REST."""

import pytest

from accounts.roles import Role
from incidents.models import CallOut, Incident, Measure

pytestmark = pytest.mark.django_db
REPORT = {"title": "嘉兴分拨中心进水", "category": "natural_disaster", "indicators": {"cities": 1}}


@pytest.fixture
def officer(api):
    return api(Role.DUTY_OFFICER)


def post(api, path, body=None, **extra):
    return api.post(f"/api/v1/{path}", body if body is not None else {}, **extra)


def test_it_reports_once_per_idempotency_key(officer):
    first = post(officer, "incidents", REPORT, HTTP_IDEMPOTENCY_KEY="abc")
    again = post(officer, "incidents", REPORT, HTTP_IDEMPOTENCY_KEY="abc")
    other = post(officer, "incidents", REPORT)
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 201)
    assert first.json()["id"] == again.json()["id"] != other.json()["id"]
    assert Incident.objects.count() == 2
    numbers = [answer.json()["number"] for answer in (first, other)]
    assert [number[-3:] for number in numbers] == ["-01", "-02"]
    assert again["Idempotent-Replayed"] == "true"
    reused = post(officer, "incidents", {**REPORT, "title": "别的"}, HTTP_IDEMPOTENCY_KEY="abc")
    assert (reused.status_code, reused.json()["code"]) == (422, "KeyReused")


def test_a_refused_call_may_be_mended_under_its_key(officer):
    bad = {**REPORT, "indicators": {"moons": 1}}
    assert post(officer, "incidents", bad, HTTP_IDEMPOTENCY_KEY="abc").status_code == 422
    assert post(officer, "incidents", REPORT, HTTP_IDEMPOTENCY_KEY="abc").status_code == 201
    assert Incident.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"title": "x"}, 400),
        ({"title": "x", "category": "meteor"}, 400),
        ({"title": "   ", "category": "traffic"}, 400),
        ({"title": "x", "category": "traffic", "indicators": {"cities": "many"}}, 400),
        ({"title": "x", "category": "traffic", "indicators": {"moons": 1}}, 422),
        ({"title": "x", "category": "traffic", "scope": {"regions": ["999999"]}}, 422),
        ({"title": "x", "category": "traffic", "occurred_at": "2999-01-01T00:00:00Z"}, 422),
        ({"title": "x\u0000", "category": "traffic"}, 400),
    ],
)
def test_bad_reports_are_told_what_is_wrong(officer, body, status):
    answer = post(officer, "incidents", body)
    assert answer.status_code == status, answer.content
    assert answer.json()
    assert not Incident.objects.exists()


def test_it_tells_a_whole_response(officer, roster):
    incident = post(officer, "incidents", REPORT).json()
    path = f"incidents/{incident['id']}"
    graded = post(officer, f"{path}/grade", {"indicators": {"cities": 4}}).json()
    assert graded["grade"] == 2
    assert graded["grade_sentence"].startswith("Ⅱ")
    answer = post(officer, f"{path}/respond", {"level": 2}, HTTP_IF_MATCH=f'"{graded["version"]}"')
    body = answer.json()
    assert (answer.status_code, body["state"], body["provisional"]) == (200, "responding", True)
    assert len(body["call_outs"]) == 13
    assert body["call_outs"][0]["link"].startswith("http")
    legal = {"confirm", "raise", "lower", "recover", "grade", "suspend", "estimate", "merge", "set_parent", "dismiss"}
    assert legal == {step["action"] for step in body["legal"]}
    assert {"measure", "arrival", "ready", "confirm"} == {deadline["kind"] for deadline in body["deadlines"]}
    assert body["command_post"]["seats"]
    assert answer["ETag"] == f'"{body["version"]}"'
    listed = officer.get("/api/v1/incidents?state=open").json()
    assert listed["count"] == 1


def test_an_illegal_step_is_a_409_with_the_legal_ones(officer, roster):
    incident = post(officer, "incidents", REPORT).json()
    answer = post(officer, f"incidents/{incident['id']}/recover")
    assert answer.status_code == 409
    assert answer.json()["code"] == "IllegalTransition"
    # A machine's report is verified or dismissed before anything else.
    assert answer.json()["legal"][:3] == ["verify", "dismiss", "respond"]


def test_a_stale_version_is_a_412_that_says_what_changed(officer, roster):
    incident = post(officer, "incidents", REPORT).json()
    path = f"incidents/{incident['id']}/respond"
    stale = incident["version"]
    post(officer, f"incidents/{incident['id']}/grade", {})
    answer = post(officer, path, {"level": 3}, HTTP_IF_MATCH=f'"{stale}"')
    assert (answer.status_code, answer.json()["code"]) == (412, "ChangedMeanwhile")
    assert [row["kind"] for row in answer.json()["changed"]] == ["incident.graded"]
    assert post(officer, path, {"level": 3}, HTTP_IF_MATCH="soon").status_code == 422
    assert post(officer, path, {"level": 7}).status_code == 400


def test_measures_and_calls_are_answered(officer, roster):
    incident = post(officer, "incidents", REPORT).json()
    post(officer, f"incidents/{incident['id']}/respond", {"level": 3})
    measure = Measure.objects.get(code="head_count")
    done = post(officer, f"measures/{measure.pk}/complete", {"note": "全员安全"})
    assert (done.status_code, done.json()["state"], done.json()["legal"]) == (200, "done", [])
    assert post(officer, f"measures/{measure.pk}/skip", {"reason": "x"}).status_code == 409
    assert post(officer, "measures/999999/start").status_code == 404
    call = CallOut.objects.get(seat__post="site")
    assert post(officer, f"callouts/{call.pk}/acknowledge").json()["legal"] == ["arrive", "decline"]
    assert post(officer, f"callouts/{call.pk}/arrive").json()["state"] == "on_post"
    assert post(officer, f"callouts/{call.pk}/decline").status_code == 409
    note = post(officer, f"incidents/{incident['id']}/notes", {"kind": "decision", "text": "封闭宁波线路"})
    assert note.json()["decisions"][0]["text"] == "封闭宁波线路"
    tick = post(officer, f"incidents/{incident['id']}/post/checks/picture", {"done": True})
    assert [check["code"] for check in tick.json()["command_post"]["checks"] if check["done_at"]] == ["picture"]
    legal = post(officer, f"incidents/{incident['id']}/legal/network_blocked")
    assert any(deadline["kind"] == "legal" for deadline in legal.json()["deadlines"])
    done = post(
        officer, f"incidents/{incident['id']}/legal/network_blocked/fulfil", {"evidence": "邮管局 王处 2026-77"}
    )
    assert next(d["state"] for d in done.json()["deadlines"] if d["kind"] == "legal") == "met"


def test_roles_decide(api, officer, roster):
    incident = post(officer, "incidents", REPORT).json()
    clerk = api(Role.CUSTOMER_SERVICE)
    assert post(clerk, f"incidents/{incident['id']}/respond", {"level": 3}).status_code == 403
    assert clerk.get(f"/api/v1/incidents/{incident['id']}").status_code == 200
    assert api(Role.ALERT_SOURCE).get("/api/v1/incidents").status_code == 403
    assert officer.get("/api/v1/incidents/999999").status_code == 404
    post(officer, f"incidents/{incident['id']}/respond", {"level": 3})
    assert clerk.get(f"/api/v1/incidents/{incident['id']}").json()["call_outs"][0]["link"] is None


def test_plans_are_listed(officer):
    plans = officer.get("/api/v1/plans?state=approved").json()
    assert plans["count"] == 32
    plan = officer.get(f"/api/v1/plans/{plans['results'][0]['id']}").json()
    assert 8 <= len(plan["measures"]) <= 30


def test_the_schema_documents_every_call(client):
    text = client.get("/api/schema/").content.decode()
    for name in ("incidents_report", "incidents_respond", "measures_complete", "callouts_arrive", "plans_list"):
        assert f"operationId: {name}" in text

"""The whole life over REST."""

import pytest

from accounts.roles import Role
from incidents.models import Incident

pytestmark = pytest.mark.django_db
REPORT = {"title": "嘉兴分拨中心进水", "category": "natural_disaster", "indicators": {"cities": 1}}


@pytest.fixture
def call(api):
    """call("merge", 3, {"into": 4}) → the answer to a commander's POST."""
    commander = api(Role.COMMANDER)

    def post(act, incident, body=None):
        return commander.post(f"/api/v1/incidents/{incident}/{act}", body or {})

    post.report = lambda: commander.post("/api/v1/incidents", REPORT).json()["id"]
    return post


@pytest.mark.usefixtures("roster")
def test_from_report_to_reopening(call):
    incident = call.report()
    assert call("verify", incident).json()["state"] == "graded"
    assert call("warn", incident, {"level": 3, "heed": "大风"}).json()["state"] == "warned"
    answer = call("respond", incident, {"level": 3, "expected_end_at": "2999-01-01T00:00:00Z"})
    assert answer.json()["expected_end_at"].startswith("2999")
    assert [each["kind"] for each in answer.json()["announcements"]] == ["start", "warning"]
    assert {"code", "zh", "en"} == set(answer.json()["announcements"][0]["content"][0])
    assert call("suspend", incident, {"reason": "封路"}).json()["state"] == "suspended"
    assert call("recover", incident).status_code == 409
    assert call("resume", incident).json()["state"] == "responding"
    assert call("recover", incident).json()["state"] == "recovering"
    closed = call("close", incident, {"reason": "提前", "skip_open": True, "reopen_lanes": True})
    assert closed.json()["state"] == "closed"
    assert call("reopen", incident, {}).status_code == 400
    assert call("reopen", incident, {"reason": "再次进水"}).json()["state"] == "responding"


def test_merging_and_linking(call):
    first, second, third = call.report(), call.report(), call.report()
    assert call("parent", third, {"parent_id": first}).json()["parent"] == first
    assert call("parent", first, {"parent_id": third}).status_code == 409
    answer = call("merge", second, {"into": first})
    assert (answer.json()["state"], answer.json()["merged_into"]) == ("merged", first)
    assert call("merge", second, {"into": first}).json()["code"] == "AlreadyDone"
    assert call("merge", second, {"into": 999999}).status_code == 404


def test_an_expected_end_in_the_past_is_refused(call):
    answer = call("respond", call.report(), {"expected_end_at": "2001-01-01T00:00:00Z"})
    assert answer.status_code == 422
    assert Incident.objects.get().state == "reported"


def test_the_schema_names_every_call(client):
    text = client.get("/api/schema/").content.decode()
    for name in ("verify", "warn", "revert_start", "suspend", "resume", "reopen", "merge", "set_parent"):
        assert f"operationId: incidents_{name}" in text

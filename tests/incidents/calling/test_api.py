"""Answers, posts and attendance over REST, each with its version."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.fixture
def staffed(running, cast):
    incident = running(level=3)
    cast.come(cast.call_of("planning"))
    return incident


def seat(incident, act="", post="planning"):
    return f"/api/v1/incidents/{incident.pk}/post/seats/{post}{act}"


def test_it_answers_with_estimate_proof_and_reason(running, cast, api):
    running(level=4)
    client = api("duty_officer")
    call, other = cast.call_of("site"), cast.call_of("operations")
    coming = client.post(f"/api/v1/callouts/{call.pk}/acknowledge", {"eta_minutes": 12})
    assert coming.status_code == 200
    assert coming.json()["eta_at"]
    rang = f"/api/v1/callouts/{call.pk}/arrive"
    assert client.post(rang, {"proof": "phone"}).status_code == 422
    arrived = client.post(rang, {"proof": "phone", "note": "himself"}, HTTP_IF_MATCH=coming["ETag"])
    assert (arrived.status_code, arrived.json()["proof"]) == (200, "phone")
    declined = client.post(f"/api/v1/callouts/{other.pk}/decline", {"reason": "ill"})
    assert declined.json()["reason"] == "ill"


def test_a_post_is_handed_over_taken_over_and_left(staffed, roster, cast, api):
    client = api("commander")
    heir = roster["planning"][1].pk
    handed = client.post(seat(staffed, "/hand-over"), {"user_id": heir, "note": "wave 3 waits"})
    assert (handed.status_code, handed.json()["holder"]) == (200, heir)
    assert (handed.json()["here"], handed.json()["wanted"], handed.json()["need"]) == (1, 1, 1)
    stale = client.post(seat(staffed, "/sign-out"), {"user_id": heir}, HTTP_IF_MATCH='"1"')
    assert (stale.status_code, stale.json()["version"]) == (412, handed.json()["version"])
    assert client.post(seat(staffed, "/take-over"), {"note": "mine"}).status_code == 409  # a key is nobody to sit
    left = client.post(seat(staffed, "/sign-out"), {"user_id": heir}, HTTP_IF_MATCH=handed["ETag"])
    assert (left.json()["holder"], left.json()["vacant"]) == (None, True)
    again = client.post(seat(staffed), {"user_id": heir, "proof": "witness"})
    assert again.json()["holder"] == heir


def test_the_attendance_list_says_how_we_know(staffed, api):
    auditor = api("auditor")
    lines = auditor.get(f"/api/v1/incidents/{staffed.pk}/post/attendance").json()
    assert [(line["post"], line["proof"], line["left_at"]) for line in lines] == [("planning", "link", None)]
    post = auditor.get(f"/api/v1/incidents/{staffed.pk}").json()["command_post"]
    planning = next(row for row in post["seats"] if row["post"] == "planning")
    assert (planning["here"], planning["need"]) == (1, 1)


def test_only_those_who_command_dispose_of_posts(staffed, roster, api):
    body = {"user_id": roster["planning"][1].pk, "note": "x"}
    assert api("warehouse").post(seat(staffed, "/hand-over"), body).status_code == 403
    assert api("auditor").post(seat(staffed), {}).status_code in {403, 409}

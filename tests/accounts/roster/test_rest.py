"""The roster over REST."""

from datetime import timedelta

import pytest

from accounts.models import Duty, Rotation, Swap
from accounts.roles import Role
from journal.clock import now

pytestmark = pytest.mark.django_db


def facts(people, today):
    fields = {"name": "IT", "post": "it", "length": 1, "unit": "days", "starts_on": f"{today}", "hand_over": "08:00"}
    return {**fields, "people": [person.pk for person in people[:2]]}


def test_a_rotation_is_made_once_by_its_key_changed_by_its_version_and_ended(api, people, today):
    admin = api(Role.ADMINISTRATOR)
    assert admin.post("/api/v1/roster/rotations/preview", facts(people, today)).json()["turns"]
    admin.headers["idempotency-key"] = "one"
    first = admin.post("/api/v1/roster/rotations", facts(people, today))
    again = admin.post("/api/v1/roster/rotations", facts(people, today))
    assert (first.status_code, again.json()) == (201, first.json())
    rotation = Rotation.objects.get()
    url = f"/api/v1/roster/rotations/{rotation.pk}"
    assert admin.get(url)["ETag"] == '"1"'
    admin.headers["if-match"] = '"1"'
    changed = {**facts(people, today), "people": [people[4].pk]}
    assert admin.put(url, changed).json()["people"] == [people[4].pk]
    assert admin.put(url, changed).status_code == 412
    admin.headers["if-match"] = '"2"'
    assert admin.delete(url).status_code == 204
    assert admin.get(url).status_code == 404
    assert not Duty.objects.filter(ends_at__gt=now()).exists()


def test_swaps_and_what_is_read(api, make_rotation, people):
    make_rotation()
    admin, auditor = api(Role.ADMINISTRATOR), api(Role.AUDITOR)
    span = {"starts_at": (now() + timedelta(days=1)).isoformat(), "ends_at": (now() + timedelta(days=2)).isoformat()}
    swap = {"post": "safety", "user": people[4].pk, "reason": "x", **span}
    assert auditor.post("/api/v1/roster/swaps", swap).status_code == 403
    made = admin.post("/api/v1/roster/swaps", swap)
    assert made.status_code == 201, made.content
    assert admin.post("/api/v1/roster/swaps", swap).json()["code"] == "SwapOverlaps"
    assert len(auditor.get("/api/v1/roster/swaps").json()) == 1
    assert "swap" in {row["source"] for row in auditor.get("/api/v1/roster/duties?post=safety").json()["results"]}
    assert auditor.get("/api/v1/roster/duties?since=x").status_code == 422
    safety = [row for row in auditor.get("/api/v1/roster/now").json() if row["post"] == "safety"]
    assert safety[0]["turns"][0]["name"] == "甲"
    assert auditor.get("/api/v1/roster/gaps").json()
    assert admin.delete(f"/api/v1/roster/swaps/{Swap.objects.get().pk}").status_code == 204


def test_days_off_are_set(api):
    admin = api(Role.ADMINISTRATOR)
    days = {"first": "2027-02-05", "last": "2027-02-07", "rests": True, "name": "春节"}
    assert len(admin.put("/api/v1/roster/days", days).json()) == 3
    assert admin.put("/api/v1/roster/days", {**days, "rests": None}).json() == []

"""The network over REST."""

import io

import pytest
from openpyxl import load_workbook

from accounts.roles import Role
from dispatch.models import Lane, Warehouse
from dispatch.queries import closed_lanes

pytestmark = pytest.mark.django_db
HUB = {"code": "H", "name": "杭州枢纽", "kind": "sorting", "region": "330100", "lat": 30.2, "lon": 120.2}
LANE = {"warehouse": "W01", "region": "310100", "carrier": "SF", "service_level": "express", "transit_hours": 20}


def test_it_adds_changes_and_retires(network, api):
    boss = api(Role.COMMANDER)
    answer = boss.post("/api/v1/network/hubs", HUB, HTTP_IDEMPOTENCY_KEY="k1")
    assert (answer.status_code, answer.json()["version"], answer.json()["lat"]) == (201, 1, 30.2)
    again = boss.post("/api/v1/network/hubs", HUB, HTTP_IDEMPOTENCY_KEY="k1")
    assert (again.status_code, again["Idempotent-Replayed"]) == (201, "true")
    assert boss.post("/api/v1/network/hubs", HUB).status_code == 409
    address = "/api/v1/network/hubs/H"
    answer = boss.patch(address, {"daily_capacity": 900}, HTTP_IF_MATCH='"1"')
    assert (answer.status_code, answer.json()["daily_capacity"]) == (200, 900)
    assert boss.patch(address, {"name": "x"}, HTTP_IF_MATCH="1").status_code == 412
    assert [row["code"] for row in boss.get("/api/v1/network/hubs").json()["results"]] == ["H"]
    assert boss.delete(address).status_code == 204
    assert boss.patch(address, {"name": "x"}).status_code == 404
    assert boss.post(f"{address}/restore").json()["version"] == 4


def test_it_takes_a_lane_with_its_legs_and_rates(network, api):
    boss = api(Role.COMMANDER)
    boss.post("/api/v1/network/hubs", HUB)
    legs = [{"mode": "road", "hub": "H", "hours": 3}, {"mode": "air"}]
    rates = [{"min_weight": "0", "max_weight": "5", "minimum": "8.50", "rate": "1.2"}]
    body = {**LANE, "legs": legs, "rates": rates, "cutoff": "18:00:00", "risk": 0.05}
    answer = boss.post("/api/v1/network/lanes", body)
    assert answer.status_code == 201, answer.content
    found = answer.json()
    assert (found["legs"][0]["hub"], found["rates"][0]["minimum"], found["cutoff"]) == ("H", "8.5", "18:00")
    wrong = boss.patch(f"/api/v1/network/lanes/{found['id']}", {"legs": legs[:1]})
    assert (wrong.status_code, wrong.json()["fields"][0]["child"]) == (422, "legs")
    boss.patch(f"/api/v1/network/lanes/{found['id']}", {"p90_hours": 30})
    assert Lane.objects.get(pk=found["id"]).legs.count() == 2
    assert boss.delete("/api/v1/network/hubs/H").status_code == 409


def test_it_closes_a_hub_and_opens_it_again(network, api):
    boss = api(Role.COMMANDER)
    boss.post("/api/v1/network/hubs", HUB)
    boss.post("/api/v1/network/lanes", {**LANE, "legs": [{"mode": "road", "hub": "H"}, {"mode": "road"}]})
    body = {"name": "flood", "scope": {"hubs": ["H"]}, "cause": "flood", "source": "热线"}
    answer = boss.post("/api/v1/network/closings", body)
    assert (answer.status_code, answer.json()) == (201, {"reference": "closure:flood", "lanes": 1})
    (row,) = boss.get("/api/v1/network/closings").json()["results"]
    assert (row["cause"], row["hubs"], row["lanes"]) == ("flood", 1, 1)
    assert boss.patch("/api/v1/network/closings/flood", {"cause": "power"}).status_code == 204
    assert boss.delete("/api/v1/network/closings/flood").json()["lanes"] == 1
    assert closed_lanes() == set()
    assert boss.patch("/api/v1/network/closings/flood", {"cause": "power"}).status_code == 409


def test_it_opens_a_standby_warehouse(network, api):
    Warehouse.objects.filter(code="W02").update(standby=True, lead_hours=2)
    boss = api(Role.COMMANDER)
    address = "/api/v1/network/warehouses/W02/opening"
    answer = boss.post(address, {"reference": "incident:4", "throughput": 50})
    assert (answer.status_code, answer.json()["throughput"]) == (201, 50)
    assert boss.post(address, {"reference": "incident:4"}).status_code == 409
    assert boss.delete(address).json()["ended_at"]
    assert boss.put("/api/v1/network/warehouses/W01/limit", {"share": 0.5}).status_code == 204


def test_it_takes_a_file_in_two_steps(network, api, client, api_key):
    boss = api(Role.COMMANDER)
    book = load_workbook(io.BytesIO(boss.get("/api/v1/network/export").content))
    book["warehouses"]["B2"] = "一号仓"
    buffer = io.BytesIO()
    book.save(buffer)
    buffer.name = "network.xlsx"
    buffer.seek(0)
    headers = {"authorization": f"Bearer {api_key(Role.COMMANDER, 'files')}"}
    plan = client.post("/api/v1/network/files", {"file": buffer}, headers=headers).json()
    assert [change["fields_changed"] for change in plan["changes"]] == [{"name": ["W01仓", "一号仓"]}]
    body = {"digest": plan["digest"]}
    address = f"/api/v1/network/files/{plan['id']}/apply"
    assert boss.post(address, body).status_code == 404  # somebody else's upload
    answer = client.post(address, body, content_type="application/json", headers=headers)
    assert (answer.status_code, answer.json()["changed"]) == (200, 1)


def test_it_asks_who_edits(network, api):
    duty = api(Role.DUTY_OFFICER)
    assert duty.get("/api/v1/network/hubs").status_code == 200
    assert duty.post("/api/v1/network/hubs", HUB).status_code == 403
    assert duty.patch("/api/v1/network/warehouses/W01", {"daily_capacity": 1}).status_code == 403
    assert duty.delete("/api/v1/network/warehouses/W01").status_code == 403

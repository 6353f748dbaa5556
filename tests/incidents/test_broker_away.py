"""Redis is gone: what is written is kept, people are called, and the work is done when it returns."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from incidents.models import CallOut, Measure, MeasureJob
from notifications.models import Message

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db(transaction=True)

STORY = """
import django
django.setup()
from django.test import Client
from incidents.models import Incident
from config.clockwork import all_sources
from journal.clock import Clock
import os
client = Client(headers={"authorization": f"Bearer {os.environ['KEY']}"})
incident = client.post("/api/v1/incidents", {"title": "没有Redis", "category": "natural_disaster",
    "indicators": {"cities": 1}}, content_type="application/json")
assert incident.status_code == 201, incident.content
path = f"/api/v1/incidents/{incident.json()['id']}/respond"
answer = client.post(path, {"level": 3}, content_type="application/json")
assert answer.status_code == 200, answer.content
clock = Clock("no broker", all_sources())
for _ in range(60):
    if clock.step() > 0:
        break
"""


def test_a_response_runs_without_the_broker(roster, api_key, work):
    environment = {
        **os.environ,
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "DATABASE_URL": f"postgresql:///{connection.settings_dict['NAME']}"
        f"?host={connection.settings_dict['HOST']}&port={connection.settings_dict['PORT']}",
        "PGUSER": connection.settings_dict["USER"],
        "KEY": api_key("duty_officer"),
    }
    done = subprocess.run(
        [sys.executable, "-c", STORY], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert CallOut.objects.count() == 7
    called = Message.objects.filter(key__startswith="callout:")
    assert set(called.values_list("channel", flat=True)) == {"in_app"}
    assert called.count() == 7
    assert Measure.objects.get(code="close_lanes").state == "running"
    assert MeasureJob.objects.exists()
    work()  # the broker is back: a worker takes the hint that the sweep repeats
    assert Measure.objects.get(code="close_lanes").state == "done"

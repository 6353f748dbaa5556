"""A provider or a broker that takes the call and never answers delays nobody's next rung."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from incidents.models import CallOut
from notifications.models import Message

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.django_db(transaction=True)

# A clock as `manage.py clock` runs it, driven by hand; time is the test database's. The SMS of minute 3 hangs at the
# gateway and its hint at the broker, while minute 5, 8 and 12 come.
STORY = """
import os
import django
django.setup()
from datetime import timedelta
from django.db import connection
from config.clockwork import all_sources
from incidents.models import CallOut
from journal import clock, hints
from journal.clock import Clock

hints.work_aside()
watch = Clock("hanging", all_sources())

def steps():
    for _ in range(200):
        if watch.step() > 0:
            return
    raise SystemExit("the clock finds something due again and again")

for minutes in (0, 3, 5, 3, 4):
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO journal_installation (id, epoch, send_hold, time_offset) VALUES (1, 0, false, %s)"
            " ON CONFLICT (id) DO UPDATE SET time_offset = journal_installation.time_offset + excluded.time_offset",
            [timedelta(minutes=minutes)])
    steps()
os._exit(0)  # whatever still hangs is not waited for
"""


@pytest.fixture
def deaf():
    """The address of something that takes every connection and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(64)
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize("broker", ["deaf", "refusing"])
def test_the_ladder_climbs_past_a_message_that_hangs(running, cast, deaf, broker):
    running(level=4)
    environment = {
        **os.environ,
        "REDIS_URL": f"redis://{deaf}/0" if broker == "deaf" else "redis://127.0.0.1:1/0",
        "FENGHUO_SMS_URL": f"http://{deaf}",
        "DATABASE_URL": f"postgresql:///{connection.settings_dict['NAME']}"
        f"?host={connection.settings_dict['HOST']}&port={connection.settings_dict['PORT']}",
        "PGUSER": connection.settings_dict["USER"],
    }
    done = subprocess.run(
        [sys.executable, "-c", STORY], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert CallOut.objects.filter(seat__post="site").count() == 3  # both alternates
    sms = Message.objects.filter(key__startswith="callout:", channel="sms")
    assert sms.exists()
    assert not sms.filter(state__in=["sent", "delivered"]).exists()

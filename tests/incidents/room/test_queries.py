"""The room and its panels stay cheap, however much happens."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from incidents import defaults, operations

pytestmark = pytest.mark.django_db
MOST = 30


PARTS = ["", "head/", "measures/", "timeline/", "posts/", "legal/", "files/", "plan/", "changes/"]


def test_each_panel_takes_few_queries(client, running, duty_officer, run_clock, png):
    defaults.load()
    incident = running(level=2)
    run_clock()
    for code in ("network_blocked", "data_leak"):
        operations.tick_legal_clock(incident_id=incident.pk, code=code, by=duty_officer)
    operations.mark_seen(incident_id=incident.pk, by=duty_officer, entry=1)
    for number in range(3):
        note = operations.log_entry(incident_id=incident.pk, text=f"x{number}", by=duty_officer)
        subject = f"decision:{note.pk}"
        operations.attach_file(incident_id=incident.pk, name="a", data=png, subject=subject, by=duty_officer)
    client.force_login(User.objects.get(pk=duty_officer.user_id))
    client.get("/")
    for part in PARTS:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/incidents/{incident.pk}/{part}").status_code == 200
        assert len(queries) <= MOST, part + "\n".join(query["sql"][:150] for query in queries)

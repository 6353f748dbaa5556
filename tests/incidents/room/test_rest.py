"""The room over REST."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from incidents import operations
from incidents.models import Attachment, Decision

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(api):
    return api("duty_officer")


@pytest.fixture
def upload(client, api_key):
    headers = {"authorization": f"Bearer {api_key('duty_officer', 'uploads')}"}

    def send(incident, name, data, subject="", **extra):
        fields = {"file": SimpleUploadedFile(name, data), "subject": subject}
        return client.post(f"/api/v1/incidents/{incident.pk}/files", fields, headers={**headers, **extra})

    return send


def test_a_note_is_kept_once_per_key(officer, report):
    incident = report()
    path, body = f"/api/v1/incidents/{incident.pk}/notes", {"text": "水位 30 cm", "kind": "note"}
    answers = [officer.post(path, body, HTTP_IDEMPOTENCY_KEY="k1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert Decision.objects.count() == 1
    assert officer.get(path).json()[0]["text"] == "水位 30 cm"


def test_a_file_goes_in_and_comes_out(upload, officer, report, png):
    incident = report()
    kept = upload(incident, "现场.jpg", png)
    assert kept.status_code == 201, kept.content
    assert kept.json()["media_type"] == "image/png"
    path = f"/api/v1/incidents/{incident.pk}/files"
    assert [row["name"] for row in officer.get(path).json()] == ["现场.png"]
    assert officer.get(f"{path}/{kept.json()['id']}").content == png
    assert officer.get(f"{path}/999999").status_code == 404


def test_it_refuses_what_is_not_kept(upload, report):
    incident = report()
    for name, data, subject in [("a.exe", b"MZ\x00\x01", ""), ("a.txt", b"", ""), ("a.txt", b"x", "user:1")]:
        answer = upload(incident, name, data, subject)
        assert answer.status_code == 422, (name, answer.content)
        assert answer.json()["code"] in {"UnusableFile", "UnknownCode"}
    assert not Attachment.objects.exists()


def test_the_timeline_is_read_onwards(officer, running):
    incident = running()
    path = f"/api/v1/incidents/{incident.pk}/timeline"
    rows = officer.get(path).json()
    assert rows[0]["kind"] == "incident.reported"
    assert all(row["text"] for row in rows)
    assert officer.get(f"{path}?after={rows[-1]['id']}").json() == []


def test_a_person_marks_what_was_seen(client, running, commander, duty_officer):
    from accounts.models import User

    incident = running()
    client.force_login(User.objects.get(pk=commander.user_id))
    path = f"/api/v1/incidents/{incident.pk}/changes"
    assert client.get(path).json()["since"] is None
    assert client.post(path, {}, content_type="application/json").status_code == 204
    operations.log_entry(incident_id=incident.pk, text="x", by=duty_officer)
    assert client.get(path).json()["count"] == 1


def test_duties_tell_what_is_known(officer, running, duty_officer):
    from incidents import defaults

    defaults.load()
    incident = running()
    operations.tick_legal_clock(incident_id=incident.pk, code="network_blocked", by=duty_officer)
    rows = {row["code"]: row for row in officer.get(f"/api/v1/incidents/{incident.pk}/legal").json()}
    assert rows["network_blocked"]["state"] == "open"
    assert rows["network_blocked"]["due_at"]
    assert rows["data_leak"]["state"] == "idle"
    filled = {field["code"]: field["value"] for field in rows["network_blocked"]["form"]}
    assert filled["since"]
    assert filled["until"] == ""


def test_the_pack_comes_as_a_file(officer, running):
    path = f"/api/v1/incidents/{running().pk}/pack"
    assert officer.post(path, {"format": "html"})["Content-Type"].startswith("text/html")
    made = officer.post(path, {})
    assert made.content.startswith(b"%PDF-")
    assert "attachment" in made["Content-Disposition"]
    assert officer.post(path, {"format": "docx"}).status_code == 400

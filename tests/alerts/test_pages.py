"""What the browser shows of warnings."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.roles import Role
from tests.alerts.conftest import cap, geocode, refers

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer(client, make_user):
    client.force_login(make_user("zhiban", Role.DUTY_OFFICER))
    return client


def test_it_lists_and_shows_warnings(officer, file):
    first = file()
    file(identifier="T-2", sent="2026-07-12T09:00:00+08:00", msg_type="Cancel", references=refers())
    drill = file(identifier="T-3", status="Exercise")
    page = officer.get("/alerts/").content.decode()
    assert first.headline in page
    for warning in (first, drill):
        assert officer.get(f"/alerts/{warning.pk}/").status_code == 200
    assert bytes(officer.get(f"/alerts/{first.pk}/raw/").content) == cap()
    assert officer.get("/alerts/999/").status_code == 404


def test_it_shows_an_empty_list(officer, regions):
    assert officer.get("/alerts/").status_code == 200


def test_it_shows_those_of_an_incident(officer, file):
    file(headline="浙江的预警")
    file(identifier="T-2", headline="上海的预警", place=geocode("310100"))
    panel = officer.get("/panels/alerts/incident:1/?region=310000").content.decode()
    assert "上海的预警" in panel
    assert "浙江的预警" not in panel
    assert "浙江的预警" in officer.get("/panels/alerts/incident:1/").content.decode()


def test_it_takes_a_file(officer, regions):
    answer = officer.post("/alerts/file/", {"file": SimpleUploadedFile("w.xml", cap())})
    assert answer.status_code == 302
    assert officer.post("/alerts/file/", {"file": SimpleUploadedFile("w.xml", b"<rss/>")}).status_code == 422
    assert officer.post("/alerts/file/").status_code == 422


def test_it_needs_a_log_in(client, file):
    warning = file()
    for path in ("/alerts/", f"/alerts/{warning.pk}/", "/panels/alerts/incident:1/"):
        assert client.get(path).status_code == 302


def test_it_shows_dangerous_text_as_text(officer, file):
    warning = file(headline="&lt;script&gt;alert(1)&lt;/script&gt;")
    page = officer.get(f"/alerts/{warning.pk}/").content.decode()
    assert "<script>alert(1)" not in page

"""The room's own panels: what they show to whom, and that looking changes nothing."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from accounts.roles import Role
from incidents import operations
from incidents.models import Attachment, Decision, LastLook
from journal.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, duty_officer):
    client.force_login(User.objects.get(pk=duty_officer.user_id))
    return client


def page(browser, incident, part, **query):
    answer = browser.get(f"/incidents/{incident.pk}/{part}", query)
    assert answer.status_code == 200, answer.content[:300]
    return answer.content.decode()


def test_a_download_can_run_nothing(browser, report, duty_officer, png):
    incident = report()
    for name, data, shown in [("a.png", png, "inline"), ("页.html", b"<script>alert(1)</script>", "attachment")]:
        file = operations.attach_file(incident_id=incident.pk, name=name, data=data, by=duty_officer)
        answer = browser.get(f"/incidents/files/{file.pk}/")
        assert answer.content == data
        assert answer["Content-Disposition"].startswith(shown)
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"].startswith("sandbox")
        assert answer["Cache-Control"].startswith("private")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"


def test_a_download_needs_the_right_to_look(client, report, duty_officer, make_user, png):
    file = operations.attach_file(incident_id=report().pk, name="a.png", data=png, by=duty_officer)
    assert client.get(f"/incidents/files/{file.pk}/").status_code == 302
    client.force_login(make_user("nobody"))
    assert client.get(f"/incidents/files/{file.pk}/").status_code == 403


def test_a_note_comes_with_its_photos_and_people(browser, report, make_user, png):
    incident = report()
    named = make_user("chenjing", Role.SECTION_CHIEF, name="陈静")
    fields = {"text": "@陈静 请看照片", "files": [SimpleUploadedFile("1.jpg", png), SimpleUploadedFile("2.txt", b"x")]}
    assert browser.post(f"/incidents/{incident.pk}/note/", fields).status_code == 204
    note = Decision.objects.get()
    assert note.mentions == [named.pk]
    assert set(Attachment.objects.values_list("subject", flat=True)) == {f"decision:{note.pk}"}
    shown = page(browser, incident, "timeline/", show="words")
    assert shown.count('class="thumb"') == 2
    assert "陈静" in shown


def test_a_bad_file_keeps_nothing_of_the_note(browser, report):
    incident = report()
    fields = {"text": "x", "files": [SimpleUploadedFile("a.exe", b"MZ\x00")]}
    assert browser.post(f"/incidents/{incident.pk}/note/", fields).status_code == 422
    assert not Decision.objects.exists()


def test_a_photo_alone_belongs_to_the_incident(browser, report, png):
    incident = report()
    assert browser.post(f"/incidents/{incident.pk}/note/", {"files": SimpleUploadedFile("a", png)}).status_code == 204
    assert Attachment.objects.get().subject == ""


def test_looking_marks_nothing(browser, running, duty_officer):
    incident = running()
    before = Entry.objects.count()
    for part in ("", "head/", "measures/", "timeline/", "changes/", "legal/", "files/", "backfill/", "pack/", "note/"):
        page(browser, incident, part)
    assert Entry.objects.count() == before
    assert not LastLook.objects.exists()
    assert browser.post(f"/incidents/{incident.pk}/seen/", {"quiet": "1"}).status_code == 204
    assert LastLook.objects.count() == 1


def test_the_page_can_tell_what_is_newer(browser, running, commander, duty_officer):
    """The timeline is the same for all; each entry carries what the page marks it by."""
    incident = running()
    operations.log_entry(incident_id=incident.pk, text="新情况", by=commander)
    newest = Entry.objects.filter(subject=incident.reference, actor=str(commander)).latest("id")
    assert f'data-entry="{newest.pk}" data-by="{commander}"' in page(browser, incident, "timeline/")
    assert "data-seen=" not in page(browser, incident, "")
    operations.mark_seen(incident_id=incident.pk, entry=newest.pk, by=duty_officer)
    assert f'data-seen="{newest.pk}" data-me="{duty_officer}"' in page(browser, incident, "")


def test_single_messages_are_read_on_demand(browser, running, fast_forward, run_clock):
    incident = running()
    run_clock()
    assert Entry.objects.filter(reference=incident.reference, kind="notice.queued").exists()
    assert len(page(browser, incident, "timeline/", show="all")) > len(page(browser, incident, "timeline/"))


def test_one_s_own_lane_comes_first(client, running, roster):
    incident = running(level=3)
    client.force_login(roster["planning"][0])
    lanes = page(client, incident, "measures/")
    assert lanes.index("measure-own") < lanes.index('class="measure-group"')


def test_the_decided_reroute_is_not_asked_for_again(running):
    from incidents.models import Measure
    from incidents.queries import incident_room

    incident = running(level=3)
    measure = incident.measures.filter(kind="reroute").first()
    Measure.objects.filter(pk=measure.pk).update(
        needs_approval=False, progress={"run": 10**6, "waits_for": "reroute_approval"}
    )
    room = incident_room(incident)
    assert room.next_step is None or room.next_step.action != "approve_reroute"
    measure.refresh_from_db()
    assert measure.progress["waits_for"] == "reroute_approval"


def test_a_duty_is_ticked_and_reported(browser, running):
    from incidents import defaults

    defaults.load()
    incident = running()
    path = f"/incidents/{incident.pk}/legal/complaint/"
    assert "sheet-title" in browser.get(path).content.decode()
    assert browser.post(f"{path}?sheet=1").status_code == 204
    missing = browser.post(f"{path}?sheet=1", {"evidence": "邮件"})
    assert missing.status_code in {204, 422}
    if missing.status_code == 422:
        assert browser.post(f"{path}?sheet=1", {"evidence": "邮件", "without_form": "1"}).status_code == 204
    assert "duty-done" in page(browser, incident, "legal/")


def test_a_body_that_is_far_too_large_is_refused_unread(browser, report):
    path = f"/incidents/{report().pk}/files/"
    answer = browser.generic("POST", path, b"--x", "multipart/form-data; boundary=x", CONTENT_LENGTH=str(10**9))
    assert answer.status_code == 400
    assert not Attachment.objects.exists()

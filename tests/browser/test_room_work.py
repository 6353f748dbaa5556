"""Working in the room without the mouse: keys, notes with people and photos, what changed, paper entered afterwards."""

from __future__ import annotations

from accounts.actors import user_actor
from accounts.models import User
from accounts.roles import Role
from incidents import operations
from incidents.models import Attachment, Decision, LastLook

PHOTO = {"name": "site.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n" + b"0" * 64}


def test_it_is_worked_with_keys_alone(log_in, start_incident, make_user):
    make_user("chenjing", Role.SECTION_CHIEF, name="陈静", name_en="Chen Jing")
    incident = start_incident()
    page = log_in("chief", locale="en")
    page.goto(f"/incidents/{incident.pk}/")
    page.wait_for_selector("#timeline .entry")
    page.keyboard.press("?")
    assert "Log a decision" in page.locator("#help").inner_text()
    page.keyboard.press("Escape")
    page.keyboard.press("m")
    assert page.locator("#show-mine").is_checked()
    page.keyboard.press("m")
    assert page.locator("#show-all").is_checked()
    page.keyboard.press("2")
    page.wait_for_selector("#pane-legal .duty")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog#sheet[open] .measure-sheet")
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.wait_for_selector("dialog#sheet[open] [name=alternatives]")
    page.keyboard.type("Go by Hangzhou @Chen")
    page.wait_for_selector(".people [data-person]")
    page.keyboard.press("Enter")
    page.fill("[name=reason]", "the road is closed")
    page.set_input_files("#decision-files", PHOTO)
    page.click("dialog#sheet [type=submit]")
    page.wait_for_selector(".entry-decision >> text=Go by Hangzhou")
    note = Decision.objects.get()
    assert (note.kind, note.reason) == ("decision", "the road is closed")
    assert note.mentions == [User.objects.get(username="chenjing").pk]
    assert Attachment.objects.get().subject == f"decision:{note.pk}"


def test_a_phone_shows_what_changed_and_takes_a_photo(log_in, start_incident):
    incident = start_incident()
    chief = user_actor(User.objects.get(username="chief"))
    operations.mark_seen(incident_id=incident.pk, by=chief)
    other = user_actor(User.objects.get(username="dispatcher"))
    operations.log_entry(incident_id=incident.pk, text="water 30 cm", by=other)
    page = log_in("chief", locale="en", width=390, height=844)
    page.goto(f"/incidents/{incident.pk}/")
    assert "1 change" in page.locator("[data-changes]").inner_text()
    assert page.locator(".room-timeline").is_hidden()
    page.set_input_files("#note-photo", PHOTO)
    page.wait_for_selector(".room-timeline .picked-item >> text=site.png")
    page.wait_for_selector(".entry-fresh >> text=water 30 cm")
    page.click("text=Keep the note")
    page.wait_for_selector(".thumb img")
    assert Attachment.objects.get().subject == ""
    before = LastLook.objects.get().entry
    page.click("[data-changes] >> text=Seen")
    page.wait_for_selector("[data-changes]", state="detached")
    assert LastLook.objects.get().entry > before


def test_paper_is_entered_row_by_row(log_in, start_incident):
    incident = start_incident()
    page = log_in("chief", locale="en")
    page.goto(f"/incidents/{incident.pk}/backfill/")
    row = page.locator(".paper-row", has_text="Commander").first
    row.locator("[name=time]").fill("99:99")
    row.locator("[type=submit]").click()
    page.wait_for_selector(".paper-wrong")
    assert page.input_value(".paper-wrong [name=time]") == "99:99"

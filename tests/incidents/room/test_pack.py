"""The situation pack: what is in it, who gets the numbers, and that no words become markup."""

from __future__ import annotations

import json

import pytest
from django.utils import translation

from accounts.actors import NotAllowed, user_actor
from accounts.models import ContactPoint
from accounts.roles import Role
from incidents import operations, pack
from incidents.refusals import UnknownCode

pytestmark = pytest.mark.django_db
HOSTILE = '#panic("x") *b* $a$ <script>alert(1)</script> \\ "] #let @x 台风'


@pytest.fixture(autouse=True)
def rules_loaded(db):
    from incidents import defaults

    defaults.load()


def words(made: pack.Pack) -> str:
    return json.dumps(made.plain(), ensure_ascii=False)


def forms(made: pack.Pack) -> list[str]:
    return [sheet.form for sheet in made.sheets]


def test_it_holds_every_form(running, duty_officer):
    incident = running(level=3)
    operations.tick_legal_clock(incident_id=incident.pk, code="network_blocked", by=duty_officer)
    with translation.override("en"):
        made = pack.pack_of(incident, personal=True)
    assert {"ICS 201", "ICS 203", "ICS 204", "ICS 209", "ICS 211", "ICS 205A", "ICS 214"} <= set(forms(made))
    assert "Report and announce the blocked service network" in [sheet.title for sheet in made.sheets]
    boxes = [block for sheet in made.sheets for block in sheet.blocks if block.ticks]
    assert boxes
    assert incident.number in words(made)


def test_numbers_are_for_those_who_command(running, duty_officer):
    incident = running(level=3)
    number = ContactPoint.objects.filter(user=incident.call_outs.first().user).first().address
    assert number in words(pack.pack_of(incident, personal=True))
    assert number not in words(pack.pack_of(incident, personal=False))
    assert "ICS 205A" not in forms(pack.pack_of(incident, personal=False))


def test_words_are_never_markup(running, duty_officer):
    incident = running(level=3, title=HOSTILE[:110], description=HOSTILE)
    operations.log_entry(incident_id=incident.pk, kind="decision", text=HOSTILE, reason=HOSTILE, by=duty_officer)
    made = operations.export_pack(incident_id=incident.pk, by=duty_officer)
    assert made.data.startswith(b"%PDF-")
    page = operations.export_pack(incident_id=incident.pk, by=duty_officer, format="html").data.decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_the_html_file_needs_nothing_else(running, duty_officer):
    page = operations.export_pack(incident_id=running().pk, by=duty_officer, format="html").data.decode()
    for outside in ("http:", "https:", "src=", "<link", "@import", "url("):
        assert outside not in page


def test_taking_it_is_journalled(running, duty_officer, entries, make_user):
    incident = running()
    made = operations.export_pack(incident_id=incident.pk, by=duty_officer)
    payload = entries(incident, "pack.exported")[0].payload
    assert payload["personal"] is True
    assert payload["size"] == len(made.data)
    auditor = user_actor(make_user("auditor", Role.AUDITOR))
    operations.export_pack(incident_id=incident.pk, by=auditor, format="html")
    assert entries(incident, "pack.exported")[1].payload["personal"] is False


def test_it_refuses_other_formats_and_strangers(running, make_user, duty_officer):
    incident = running()
    with pytest.raises(UnknownCode):
        operations.export_pack(incident_id=incident.pk, by=duty_officer, format="docx")
    stranger = user_actor(make_user("stranger"))
    with pytest.raises(NotAllowed):
        operations.export_pack(incident_id=incident.pk, by=stranger)


def test_a_drill_bears_its_mark(report, duty_officer):
    incident = report(exercise=7)
    assert pack.pack_of(incident, personal=False).drill == "【演练】"
    with translation.override("en"):
        assert pack.pack_of(incident, personal=False).drill == "[DRILL]"

"""Sheets, the list and the notice, in the browser's language."""

import pytest
from django.utils import translation

from accounts.roles import Role
from incidents import operations
from incidents.models import Announcement, Incident
from tests.incidents.pages.conftest import enter, place, rules, running  # noqa: F401

pytestmark = pytest.mark.django_db


def sheet(client, incident, action, language="en"):
    client.cookies["django_language"] = language
    with translation.override(language):
        answer = client.get(f"/incidents/{incident.pk}/do/{action}/")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_legal_step_has_its_sheet(enter, running, commander, rules, language):  # noqa: F811
    client = enter()
    for action in ("grade", "raise", "lower", "recover", "suspend", "merge", "set_parent", "dismiss"):
        assert "sheet-actions" in sheet(client, running, action, language)
    operations.suspend(incident_id=running.pk, reason="封路", by=commander)
    assert "sheet-actions" in sheet(client, running, "resume", language)
    operations.resume(incident_id=running.pk, by=commander)
    operations.recover(incident_id=running.pk, by=commander)
    assert "sheet-actions" in sheet(client, running, "close", language)
    operations.close(incident_id=running.pk, by=commander, reason="提前", skip_open=True)
    assert "sheet-actions" in sheet(client, running, "reopen", language)


def test_grading_again_does_not_say_that_nobody_is_called(enter, running):  # noqa: F811
    assert "Nobody is called" not in sheet(enter(), running, "grade")


def test_the_response_names_whom_it_calls(enter, running, commander):  # noqa: F811
    incident = operations.report_incident(title="进水", category="natural_disaster", by=commander)
    page = sheet(enter(), incident, "respond")
    assert "Wang Lei" in page
    assert "expected_end_at" in page


def test_it_is_verified_and_graded_in_one_tap(enter, rules, make_user):  # noqa: F811
    from accounts.actors import user_actor

    hand = user_actor(make_user("hand", Role.WAREHOUSE))
    incident = operations.report_incident(title="进水", category="natural_disaster", by=hand)
    client = enter()
    assert "do/verify/" in client.get(f"/incidents/{incident.pk}/head/").content.decode()
    assert "do/dismiss/" in sheet(client, incident, "verify")
    assert client.post(f"/incidents/{incident.pk}/do/verify/?sheet=1&seen={incident.version}").status_code == 204
    assert Incident.objects.get(pk=incident.pk).state == "graded"


def test_confirming_offers_lowering_beside_it(enter, running):  # noqa: F811
    Incident.objects.filter(pk=running.pk).update(provisional=True)
    assert "do/lower/" in sheet(enter(), running, "confirm")


def test_the_whole_life_by_its_sheets(enter, running, commander):  # noqa: F811
    client = enter()

    def post(action, **data):
        version = Incident.objects.get(pk=running.pk).version
        answer = client.post(f"/incidents/{running.pk}/do/{action}/?sheet=1&seen={version}", data)
        assert answer.status_code == 204, answer.content.decode()
        return Incident.objects.get(pk=running.pk).state

    assert post("suspend", reason="封路") == "suspended"
    assert post("resume") == "responding"
    assert post("recover") == "recovering"
    assert post("close", reason="提前", skip_open="on") == "closed"
    assert post("reopen", reason="再次进水") == "responding"
    other = operations.report_incident(title="同一起", category="natural_disaster", by=commander)
    answer = client.post(f"/incidents/{other.pk}/do/merge/?sheet=1", {"incident": running.pk, "reason": ""})
    assert answer.status_code == 204
    listed = client.get("/incidents/").content.decode()
    assert f"goes on as {running.number}" in listed


def test_a_pre_alert_is_given_and_shown(enter, rules, commander):  # noqa: F811
    incident = operations.report_incident(title="台风", category="natural_disaster", by=commander)
    client = enter()
    answer = client.post(f"/incidents/{incident.pk}/do/warn/?sheet=1", {"level": "3", "heed": "大风", "actions": ""})
    assert answer.status_code == 204
    assert "Pre-alert" in client.get(f"/incidents/{incident.pk}/").content.decode()
    assert "Stand down the pre-alert" in sheet(client, incident, "dismiss")


@pytest.mark.parametrize(("language", "word"), [("en", "Expected period"), ("zh-hans", "预计期限")])
def test_the_notice_has_a_page_of_its_own(enter, running, language, word):  # noqa: F811
    client = enter()
    client.cookies["django_language"] = language
    number = Announcement.objects.get(incident=running, kind="start").pk
    page = client.get(f"/incidents/{running.pk}/announcements/{number}/").content.decode()
    assert word in page
    assert f"announcements/{number}/" in client.get(f"/incidents/{running.pk}/plan/").content.decode()
    assert client.get(f"/incidents/{running.pk + 1}/announcements/{number}/").status_code == 404


def test_what_stands_still_neither_ticks_nor_is_late(enter, running, commander, fast_forward):  # noqa: F811
    operations.suspend(incident_id=running.pk, reason="封路", by=commander)
    fast_forward(hours=5)
    page = enter().get(f"/incidents/{running.pk}/measures/").content.decode()
    assert "⏸" in page
    assert 'measure-late"' not in page

"""The room: whole in both languages, panels apart, steps behind a sheet."""

import json

import pytest
from django.utils import translation

from accounts.roles import Role

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("language", "word"), [("en", "Next step"), ("zh-hans", "下一步")])
def test_it_speaks_one_language(enter, running, language, word):
    client = enter()
    client.cookies["django_language"] = language
    with translation.override(language):
        response = client.get(f"/incidents/{running.pk}/")
    assert word in response.content.decode()


@pytest.mark.parametrize("panel", ["head", "measures", "posts", "plan"])
def test_it_serves_its_panels(enter, running, panel):
    assert enter().get(f"/incidents/{running.pk}/{panel}/").status_code == 200


def test_it_filters_measures(enter, running):
    client = enter()
    for show in ("mine", "overdue", "automatic", "nonsense"):
        assert client.get(f"/incidents/{running.pk}/measures/?show={show}").status_code == 200


@pytest.mark.parametrize("action", ["recover", "dismiss", "raise", "lower"])
def test_it_shows_the_consequence_and_changes_nothing(enter, running, action):
    response = enter().get(f"/incidents/{running.pk}/do/{action}/")
    running.refresh_from_db()
    assert response.status_code == 200
    assert "consequences" in response.content.decode()
    assert running.state == "responding"


def test_it_moves_to_recovery(enter, running):
    response = enter().post(f"/incidents/{running.pk}/do/recover/?sheet=1&seen={running.version}")
    running.refresh_from_db()
    assert response.status_code == 204
    assert json.loads(response["HX-Trigger"])["done"] == {"message": ""}
    assert running.state == "recovering"


def test_it_tells_whoever_decided_on_an_old_version(enter, running):
    response = enter().post(f"/incidents/{running.pk}/do/recover/?sheet=1&seen=1")
    running.refresh_from_db()
    assert response.status_code == 412
    assert "alert-danger" in response.content.decode()
    assert running.state == "responding"


def test_it_refuses_a_missing_reason_in_the_sheet(enter, running):
    response = enter().post(f"/incidents/{running.pk}/do/dismiss/?sheet=1", {"reason": ""})
    assert response.status_code == 422


def test_it_refuses_whoever_may_not(enter, running):
    response = enter(Role.AUDITOR, username="auditor").post(f"/incidents/{running.pk}/do/recover/")
    assert response.status_code == 403


def test_it_answers_404_for_what_does_not_exist(enter, running):
    client = enter()
    assert client.get("/incidents/999999/").status_code == 404
    assert client.get(f"/incidents/{running.pk}/do/explode/").status_code == 404


def test_it_does_and_skips_measures(enter, running):
    client = enter()
    first, second = running.measures.filter(kind="checklist", due_at__isnull=False).order_by("id")[:2]
    assert client.post(f"/incidents/measures/{first.pk}/complete/").status_code == 204
    assert client.post(f"/incidents/measures/{second.pk}/skip/?sheet=1", {"reason": "not here"}).status_code == 204
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("done", "skipped")


def test_it_keeps_decisions(enter, running):
    client = enter()
    assert client.post(f"/incidents/{running.pk}/note/", {"text": "停运宁波", "kind": "decision"}).status_code == 204
    assert "停运宁波" in client.get(f"/incidents/{running.pk}/plan/").content.decode()


def test_it_logs_an_arrival_for_somebody(enter, running):
    call = running.call_outs.get()
    client = enter()
    page = client.get(f"/incidents/callouts/{call.pk}/arrive/").content.decode()
    assert "Wang Lei" in page
    moment = page.split('name="arrived_at" value="')[1].split('"')[0]
    seen = {"arrived_at": moment, "proof": "witness"}
    assert client.post(f"/incidents/callouts/{call.pk}/arrive/?sheet=1", seen).status_code == 204
    call.refresh_from_db()
    assert call.state == "on_post"

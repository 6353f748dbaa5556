"""The editor: small posts, each guarded by the revision it was drawn from; nothing typed is lost."""

import json

import pytest

from accounts.models import User
from accounts.roles import Role
from incidents import operations
from incidents.models import Plan

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, planner):
    user = User.objects.get(pk=planner.user_id)
    User.objects.filter(pk=user.pk).update(language="en")
    client.force_login(user)
    return client


@pytest.fixture
def edit(browser, draft):
    """edit("texts", name="…") → the answer to a section's post, based on the newest revision unless told."""

    def post(section, base=None, **fields):
        revision = Plan.objects.get(pk=draft.pk).revision if base is None else base
        return browser.post(f"/plans/{draft.pk}/edit/{section}/", {"base": revision, **fields})

    return post


MEASURE = {"name": "清点人员", "name_en": "Head count", "phase": "response", "post": "safety", "due": 2, "due_unit": 60}


def test_the_page_holds_every_part(browser, draft):
    page = browser.get(f"/plans/{draft.pk}/edit/").content.decode()
    for part in ("section-texts", "section-contacts", "section-supplies", "section-legal", "section-auto"):
        assert f'id="{part}"' in page
    operations.retire_plan(plan_id=draft.pk, by=browser_actor(browser))
    assert browser.get(f"/plans/{draft.pk}/edit/").status_code == 302


def browser_actor(client):
    from accounts.actors import user_actor

    return user_actor(User.objects.get(pk=client.session["_auth_user_id"]))


def test_texts_and_lists_are_saved_by_section(edit, draft):
    answer = edit("texts", name="事故预案", objectives="救人第一")
    assert answer.status_code == 200
    assert json.loads(answer["HX-Trigger"])["revised"] == {"from": 1, "to": 2}
    edit("contacts", contacts=["r0", "n1"], **{"contacts-r0-name": "消防", "contacts-r0-phone": "119"})
    edit("legal", legal_clocks=["safety_accident"])
    edit("auto", auto_start="on", auto=["n1"], **{"auto-n1-indicator": "lane_share", "auto-n1-at_least": "15"})
    draft.refresh_from_db()
    assert (draft.name, draft.objectives, draft.legal_clocks) == ("事故预案", "救人第一", ["safety_accident"])
    assert draft.contacts == [{"name": "消防", "name_en": "", "phone": "119"}]
    assert (draft.auto_start, draft.auto_conditions) == (True, [{"indicator": "lane_share", "at_least": 0.15}])


def test_a_conflict_keeps_what_was_typed_and_saving_again_succeeds(edit, draft):
    edit("texts", name="先存的")
    answer = edit("texts", base=1, name="后存的", trigger="我写了很多")
    page = answer.content.decode()
    assert answer.status_code == 412
    assert "我写了很多" in page
    assert "Save all the same" in page
    assert 'name="base" value="2"' in page
    assert edit("texts", base=2, name="后存的", trigger="我写了很多").status_code == 200


def test_a_bad_row_comes_back_marked(edit):
    answer = edit("auto", auto=["n1"], **{"auto-n1-indicator": "lane_share", "auto-n1-at_least": "much"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="much"' in page
    assert "row-wrong" in page


def test_a_measure_is_added_changed_moved_and_removed(browser, draft):
    assert browser.get(f"/plans/{draft.pk}/measure/?phase=recovery").status_code == 200
    added = browser.post(f"/plans/{draft.pk}/measure/", {**MEASURE, "kind": "checklist", "base": 1})
    assert (added.status_code, json.loads(added["HX-Trigger"])["revised"]) == (204, {"from": 1, "to": 2})
    measure = draft.measures.get()
    assert (measure.code, measure.due_minutes) == ("head_count", 120)
    crew = {"crews": ["n1"], "crews-n1-post": "site", "crews-n1-call": "4", "crews-n1-need": "2"}
    called = {**MEASURE, "code": "head_count", "kind": "call_out", "posts": ["site", "safety"], **crew, "base": 2}
    assert browser.post(f"/plans/{draft.pk}/measure/head_count/", called).status_code == 204
    assert draft.measures.get().params == {
        "posts": ["site", "safety"],
        "crews": [{"post": "site", "call": 4, "need": 2}],
    }
    assert "4" in browser.get(f"/plans/{draft.pk}/measure/head_count/").content.decode()
    moved = browser.post(f"/plans/{draft.pk}/measure/head_count/up/", {"base": 3})
    assert (moved.status_code, draft.measures.get().phase) == (200, "activation")
    stale = browser.post(f"/plans/{draft.pk}/measure/head_count/remove/", {"base": 3})
    assert (stale.status_code, draft.measures.count()) == (412, 1)
    assert browser.post(f"/plans/{draft.pk}/measure/head_count/remove/", {"base": 4}).status_code == 200
    assert not draft.measures.exists()


def test_errors_stand_at_their_field(browser, draft):
    wrong = {**MEASURE, "kind": "call_out", "crews": ["n1"], "crews-n1-post": "site", "crews-n1-call": "1"}
    answer = browser.post(f"/plans/{draft.pk}/measure/", {**wrong, "base": 1})
    assert answer.status_code == 422
    assert "whole numbers" in answer.content.decode()
    empty = browser.post(f"/plans/{draft.pk}/measure/", {**MEASURE, "kind": "notify_customers", "due": 0})
    assert empty.status_code == 422
    assert "Choose what customers are told" in empty.content.decode()
    share = browser.post(
        f"/plans/{draft.pk}/measure/",
        {**MEASURE, "kind": "reroute", "cost_cap": "12.5", "days": "2", "open_standby": "on", "base": 1},
    )
    given = {"cost_cap": 0.125, "days": 2, "open_standby": True}
    assert (share.status_code, draft.measures.get().params) == (204, given)


def test_a_plan_begins_from_the_list(browser):
    sheet = browser.get("/plans/new/?category=accident&level=2")
    assert sheet.status_code == 200
    answer = browser.post(
        "/plans/new/?sheet=1", {"category": "social_security", "level": "1", "region_code": "", "source": ""}
    )
    plan = Plan.objects.get(category="social_security", level=1, state="draft")
    assert answer["HX-Redirect"] == f"/plans/{plan.pk}/edit/"


def test_a_draft_is_deleted_after_a_question(browser, draft):
    assert "gone for good" in browser.get(f"/plans/{draft.pk}/delete/").content.decode()
    assert browser.post(f"/plans/{draft.pk}/delete/?sheet=1")["HX-Redirect"] == "/plans/"
    assert not Plan.objects.filter(pk=draft.pk).exists()


def test_coverage_and_differences_are_pages(browser, draft, client):
    page = browser.get("/plans/coverage/").content.decode()
    assert "generic minimum" in page or "No gaps" in page
    old = Plan.objects.get(category="traffic", level=3)
    new = operations.draft_plan(source_id=old.pk, by=browser_actor(browser))
    operations.write_plan(plan_id=new.pk, by=browser_actor(browser), texts={"objectives": "救人第一"})
    page = browser.get(f"/plans/{old.pk}/diff/{new.pk}/").content.decode()
    assert "救人第一" in page
    assert "diff-new" in page


def test_readers_see_no_editor(client, make_user, draft):
    client.force_login(make_user("wang", Role.AUDITOR, language="en"))
    assert client.get(f"/plans/{draft.pk}/edit/").status_code == 403
    assert client.post(f"/plans/{draft.pk}/edit/texts/", {"name": "x"}).status_code == 403
    assert client.get(f"/plans/{draft.pk}/").status_code == 200
    assert "New plan" not in client.get("/plans/").content.decode()

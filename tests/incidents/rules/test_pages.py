"""The pages of the rules: read by everybody, changed as a whole."""

import re

import pytest

from accounts.models import User
from accounts.roles import Role
from incidents.models import RuleArea, RuleVersion, SeverityIndicator

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client, commander):
    User.objects.filter(pk=commander.user_id).update(language="en")
    client.force_login(User.objects.get(pk=commander.user_id))
    return client


def typed(page: str) -> dict[str, list[str]]:
    """What a browser would post of the page's form, unchanged."""
    from html import unescape

    form = re.search(r'<form class="card rules-form".*?</form>', page, re.DOTALL).group()
    form = re.sub(r"<template>.*?</template>\s*(?=</div>|<button)", "", form, flags=re.DOTALL)
    form = re.sub(r"<template>.*?</template>", "", form, flags=re.DOTALL)
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name = re.search(r'name="([^"]*)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        if 'type="checkbox"' in tag and " checked" not in tag:
            continue
        found.setdefault(name.group(1), []).append(unescape(value.group(1)) if value else "on")
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        found.setdefault(name, []).append(chosen.group(1))
    return found


@pytest.mark.parametrize("area", RuleArea.values)
def test_a_form_that_is_sent_back_unchanged_changes_nothing(browser, area):
    page = browser.get(f"/rules/{area}/").content.decode()
    answer = browser.post(f"/rules/{area}/", {**typed(page), "note": ["nothing"]})
    assert answer.status_code == 204, re.findall(r"invalid-feedback[^>]*>([^<]*)", answer.content.decode())
    assert RuleVersion.objects.filter(area=area).count() == 1


def test_shares_are_typed_as_percent_and_errors_stand_in_their_cell(browser):
    fields = typed(browser.get("/rules/").content.decode())
    assert fields["rows-lane_share-limit_2"] == ["15"]
    wrong = browser.post("/rules/matrix/", {**fields, "rows-lane_share-limit_2": "3", "note": "x"})
    assert wrong.status_code == 422
    assert "milder" in wrong.content.decode()
    saved = browser.post("/rules/matrix/", {**fields, "rows-lane_share-limit_2": "17.5", "note": "after the drill"})
    assert saved["HX-Redirect"] == "/rules/matrix/"
    lane = SeverityIndicator.objects.get(code="lane_share")
    assert float(lane.thresholds.get(level=2).at_least) == 0.175
    page = browser.get("/rules/matrix/").content.decode()
    assert "after the drill" in page
    changed = browser.get("/rules/matrix/versions/2/").content.decode()
    assert "15 %" in changed
    assert "17.5 %" in changed


def test_a_row_is_added_with_a_code_of_its_own(browser):
    fields = typed(browser.get("/rules/readiness/").content.decode())
    fields["rows"] = [*fields["rows"], "n1"]
    new = {"rows-n1-name": "饮水和餐食", "rows-n1-name_en": "Food and water", "rows-n1-lightest_level": "2"}
    assert browser.post("/rules/readiness/", {**fields, **new, "note": "x"}).status_code == 204
    assert RuleVersion.objects.filter(area="readiness").latest("number").content[-1]["code"] == "food_and_water"


def test_a_stale_form_keeps_what_was_typed(browser, content, write):
    fields = typed(browser.get("/rules/ladder/").content.decode())
    write("ladder", content("ladder")[:3])
    answer = browser.post("/rules/ladder/", {**fields, "rows-r1-after_minutes": "4", "note": "later"})
    page = answer.content.decode()
    assert answer.status_code == 412
    assert 'name="rows-r1-after_minutes" value="4"' in page
    assert 'name="number" value="2"' in page


def test_an_old_version_is_brought_back(browser, content, write):
    write("ladder", content("ladder")[:3])
    assert browser.get("/rules/ladder/versions/1/restore/").status_code == 200
    answer = browser.post("/rules/ladder/versions/1/restore/?sheet=1", {"note": "too short"})
    assert answer["HX-Redirect"] == "/rules/ladder/"
    assert len(content("ladder")) == 6


def test_readers_see_the_rules_but_no_button(client, make_user):
    client.force_login(make_user("wang", Role.AUDITOR, language="en"))
    page = client.get("/rules/levels/").content.decode()
    assert "Save as a new version" not in page
    assert "fieldset disabled" in page
    assert client.post("/rules/levels/", {"note": "x"}).status_code == 403
    assert client.get("/rules/ladder/versions/1/restore/").status_code == 403

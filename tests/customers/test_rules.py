"""The rules of sending and of care are changed in the browser and over REST, and the journal keeps what they were."""

import pytest

from accounts.actors import NotAllowed
from accounts.roles import Role
from customers.consequences import consequences
from customers.models import CareRules, NoticePolicy
from customers.operations import launch_notice, prepare_notice
from customers.operations.rules import change_rules, names_of, rules_of
from customers.refusals import BadRules, ChangedMeanwhile
from journal.kinds import describe
from journal.models import Entry
from tests.customers.conftest import REFERENCE, freeze

pytestmark = pytest.mark.django_db


def test_it_changes_all_or_nothing_and_tells_what_it_was(administrator, chief):
    row = change_rules(area="notices", values={"cap_per_day": 5, "channels": ["sms", "email"]}, by=administrator)
    assert (row.cap_per_day, row.version) == (5, 2)
    same = {"cap_per_day": 5, "urgent": row.urgent[::-1]}
    assert change_rules(area="notices", values=same, by=administrator).version == 2
    (entry,) = Entry.objects.filter(kind="care_rules.changed")
    assert entry.payload["changes"] == [
        "care_rule:notices.cap_per_day=3→5", "care_rule:notices.channels=wechat,push,sms,email→sms,email",
    ]  # fmt: skip
    text = describe([entry])[0]["text"]
    assert "3 → 5" in text
    assert "→ 短信、邮件" in text
    wrong = {"cap_per_day": 101, "quiet_from": 24, "channels": ["sms", "sms"], "told_hours": 5, "id": 2}
    with pytest.raises(BadRules):
        change_rules(area="notices", values=wrong, by=administrator)
    wrong.pop("id")
    with pytest.raises(BadRules) as refused:
        change_rules(area="notices", values=wrong, by=administrator)
    assert set(refused.value.extra["errors"]) == {"cap_per_day", "quiet_from", "channels"}
    assert NoticePolicy.objects.get().told_hours == 12
    with pytest.raises(ChangedMeanwhile):
        change_rules(area="notices", values={"told_hours": 5}, by=administrator, expected_version=1)
    with pytest.raises(NotAllowed):
        change_rules(area="care", values={"link_days": 5}, by=chief)


def test_it_takes_changes_over_rest(api):
    admin = api("administrator")
    found = admin.get("/api/v1/care-rules").json()
    assert set(found) == {"version", *names_of("care")}
    changed = admin.patch("/api/v1/care-rules", {"survey_days": 7}, HTTP_IF_MATCH=str(found["version"]))
    assert (changed.status_code, changed.json()["survey_days"]) == (200, 7)
    assert admin.patch("/api/v1/care-rules", {"survey_days": 8}, HTTP_IF_MATCH="1").status_code == 412
    assert admin.patch("/api/v1/care-rules", {"complaint_days": 8}).status_code in {400, 422}
    assert admin.patch("/api/v1/notice-rules", {"channels": ["pigeon"]}).status_code in {400, 422}
    assert CareRules.objects.get().complaint_days == 7


def test_it_takes_changes_in_the_browser(client, make_user, lane):
    client.force_login(make_user("guest", Role.CUSTOMER_SERVICE))
    assert "disabled" in client.get("/desk/rules/care/").content.decode()
    client.force_login(make_user("boss", Role.ADMINISTRATOR))
    row = rules_of("notices")
    form = {name: getattr(row, name) for name in names_of("notices") if name not in {"channels", "urgent"}}
    form |= {"version": 1, "channels.0": "email", "channels.1": "sms", "urgent": "delay", "cap_per_day": 2}
    form.pop("send_follow_ups")
    assert client.post("/desk/rules/notices/", form | {"quiet_from": 99}).status_code == 422
    # What it does at once is shown first; only who has seen that saves it.
    shown = client.post("/desk/rules/notices/", form)
    assert (shown.status_code, rules_of("notices").version) == (200, 1)
    assert "微信" in shown.context["told"][0]
    form["seen"] = shown.context["seen"]
    assert client.post("/desk/rules/notices/", form).status_code == 302
    again = client.post("/desk/rules/notices/", form | {"channels.0": "sms", "channels.1": ""})
    assert again.context["row"].version == 1  # seen or not, it is older than what was saved meanwhile
    row.refresh_from_db()
    assert (row.channels, row.cap_per_day, row.version) == (["email", "sms"], 2, 2)
    assert "delay" in row.urgent
    assert "suspension" not in row.urgent
    assert client.post("/desk/rules/notices/", form).status_code == 412
    assert client.get("/desk/rules/moon/").status_code == 404


def test_it_tells_what_other_rules_do_at_once(order, chief):
    for number in (1, 2):
        order(number)
    freeze(chief)
    run = prepare_notice(reference=REFERENCE, template="delay", by=chief)
    rules = rules_of("notices")
    assert len(consequences(rules, {"second_approval_above": 1})) == 1
    assert not consequences(rules, {"second_approval_above": 2, "cap_per_day": 1, "told_hours": 1})
    launch_notice(notice_id=run.pk, by=chief)
    assert len(consequences(rules, {"second_approval_above": 1, "cap_per_day": 1})) == 1
    assert not consequences(rules, {"cap_per_day": 2})
    assert len(consequences(rules_of("care"), {"keep_days": 30, "address_days": 5})) == 2

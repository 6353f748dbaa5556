"""Rules are changed as a whole, with a reason, and every version is kept."""

import pytest

from accounts.actors import NotAllowed, user_actor
from accounts.roles import Role
from incidents import defaults, operations, queries
from incidents.models import (
    LadderStep,
    LegalClock,
    LevelRule,
    Plan,
    ReadinessItem,
    RuleArea,
    RuleVersion,
    SeverityIndicator,
)
from incidents.refusals import BadRules, ChangedMeanwhile, ReasonMissing, UnknownCode
from journal.models import Entry

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("area", RuleArea.values)
def test_the_first_version_is_what_ships_and_writing_it_again_changes_nothing(area, content, write):
    first = RuleVersion.objects.get(area=area)
    assert (first.number, first.made_by, first.content) == (1, "system", content(area))
    assert write(area, content(area)) == first
    assert not Entry.objects.filter(kind="rules.changed").exists()


def test_a_threshold_is_changed_and_brought_back(content, write, commander):
    rows = content("matrix")
    row = next(row for row in rows if row["code"] == "lane_share")
    row["limits"]["2"] = 0.2
    version = write("matrix", rows)
    assert (version.number, version.note, version.made_by) == (2, "演练后调整", str(commander))
    lane = SeverityIndicator.objects.get(code="lane_share")
    assert float(lane.thresholds.get(level=2).at_least) == 0.2
    assert queries.content_of_rules("matrix") == version.content
    entry = Entry.objects.get(kind="rules.changed")
    assert (entry.subject, entry.payload) == ("rules:matrix", {"number": 2})
    back = operations.restore_rules(area="matrix", number=1, note="改回", by=commander)
    assert back.number == 3
    assert float(lane.thresholds.get(level=2).at_least) == 0.15


def test_an_indicator_is_added_and_another_retired(content, write):
    rows = [row for row in content("matrix") if row["code"] != "loss"]
    new = {"code": "stations_closed", "group": "region", "name": "停运网点", "name_en": "stations closed"}
    rows.append({**new, "unit": "count", "measured": False, "limits": {"3": 10, "1": 100}})
    write("matrix", rows)
    assert not SeverityIndicator.objects.filter(code="loss").exists()
    assert SeverityIndicator.objects.last().code == "stations_closed"


def test_every_area_is_replaced(content, write):
    levels = content("levels")
    levels[3] |= {"report_minutes": 180, "crews": {"site": {"call": 4, "need": 2}}, "cost_cap": 0.125}
    write("levels", levels)
    rule = LevelRule.objects.get(level=4)
    assert (rule.report_minutes, float(rule.cost_cap), rule.crews["site"]["need"]) == (180, 0.125, 2)
    write("ladder", [*content("ladder"), {"after_minutes": 1, "kind": "channel", "value": "email"}])
    assert list(LadderStep.objects.values_list("value", flat=True))[:3] == ["bot", "in_app", "email"]
    write("readiness", content("readiness")[::-1])
    assert ReadinessItem.objects.first().code == "relief"
    legal = content("legal")
    legal[0]["minutes"] = 30
    write("legal", legal[:3])
    assert (LegalClock.objects.count(), LegalClock.objects.first().minutes) == (3, 30)


@pytest.mark.parametrize(
    ("area", "change", "field"),
    [
        ("matrix", lambda rows: rows[4]["limits"].update({"1": 0.01}), "4.limit_1"),
        ("matrix", lambda rows: rows[4]["limits"].update({"1": 1.5}), "4.limit_1"),
        ("matrix", lambda rows: rows[0].update(limits={}), "0.limits"),
        ("matrix", lambda rows: rows[0].update(code="Cities!"), "0.code"),
        ("matrix", lambda rows: rows[1].update(code="districts"), "1.code"),
        ("matrix", lambda rows: rows[0].update(measured=True), "0.measured"),
        ("matrix", lambda rows: rows[0].update(unit="money"), "0.unit"),
        ("matrix", lambda rows: rows[0].update(name=" "), "0.name"),
        ("levels", lambda rows: rows[0].update(called_posts=["captain"]), "0.called_posts"),
        ("levels", lambda rows: rows[0].update(on_post_minutes=0), "0.on_post_minutes"),
        ("levels", lambda rows: rows[3].update(crews={"finance": {"call": 2, "need": 1}}), "3.crews"),
        ("levels", lambda rows: rows[3].update(crews={"site": {"call": 1, "need": 2}}), "3.crews"),
        ("levels", lambda rows: rows[2].update(cost_cap=11), "2.cost_cap"),
        ("ladder", lambda rows: rows[1].update(value="pigeon"), "1.value"),
        ("ladder", lambda rows: rows[2].update(value="voice"), "3.value"),
        ("readiness", lambda rows: rows[0].update(lightest_level=5), "0.lightest_level"),
        ("legal", lambda rows: rows[0].update(minutes="soon"), "0.minutes"),
        ("legal", lambda rows: rows[0].update(form=[{"code": "what", "name": ""}]), "0.form"),
    ],
)
def test_what_cannot_be_is_named_by_row_and_field(content, write, area, change, field):
    rows = content(area)
    change(rows)
    with pytest.raises(BadRules) as refusal:
        write(area, rows)
    assert field in refusal.value.extra["errors"]
    assert RuleVersion.objects.filter(area=area).count() == 1


@pytest.mark.parametrize(
    ("area", "rows"),
    [
        ("levels", []),
        ("ladder", [{"after_minutes": 3, "kind": "channel", "value": "sms"}]),
        ("ladder", [{"after_minutes": 0, "kind": "channel", "value": "sms"},
                    {"after_minutes": 8, "kind": "alternate", "value": "2"}]),
        ("matrix", []),
        ("matrix", "everything"),
        ("legal", [7]),
    ],
)  # fmt: skip
def test_what_makes_no_whole_is_refused(write, area, rows):
    with pytest.raises(BadRules):
        write(area, rows)


def test_an_indicator_that_starts_a_plan_stays(content, write):
    Plan.objects.filter(category="traffic", level=3).update(
        auto_start=True, auto_conditions=[{"indicator": "loss", "at_least": 1}]
    )
    with pytest.raises(BadRules, match="loss"):
        write("matrix", [row for row in content("matrix") if row["code"] != "loss"])


def test_it_needs_a_reason_the_newest_version_and_the_permission(content, write, make_user):
    rows = content("matrix")
    rows[0]["name"] = "区县"
    with pytest.raises(ReasonMissing):
        write("matrix", rows, note=" ")
    write("matrix", rows, expected_number=1)
    rows[0]["name"] = "区"
    with pytest.raises(ChangedMeanwhile):
        write("matrix", rows, expected_number=1)
    with pytest.raises(UnknownCode):
        write("weather", [])
    officer = user_actor(make_user("zhang", Role.DUTY_OFFICER))
    with pytest.raises(NotAllowed):
        operations.write_rules(area="matrix", content=rows, note="x", by=officer)


def test_what_was_retired_does_not_come_back(content, write):
    write("readiness", content("readiness")[:-1])
    write("matrix", [row for row in content("matrix") if row["code"] != "loss"])
    write("legal", content("legal")[1:])
    assert defaults.load() == 0
    assert not SeverityIndicator.objects.filter(code="loss").exists()
    assert RuleVersion.objects.filter(area="matrix").count() == 2
    assert (ReadinessItem.objects.count(), LegalClock.objects.count()) == (4, 6)


def test_an_older_installation_gets_triggers_and_forms(db):
    RuleVersion.objects.all().delete()
    LegalClock.objects.update(trigger="", trigger_en="", form=[])
    LegalClock.objects.filter(code="data_leak").update(trigger="我们自己的话", minutes=30)
    defaults.load()
    leak = LegalClock.objects.get(code="data_leak")
    assert (leak.trigger, leak.minutes) == ("我们自己的话", 30)
    assert not LegalClock.objects.filter(trigger="").exists()
    assert not LegalClock.objects.filter(form=[]).exists()
    assert {"casualties", "measures"} <= {field["code"] for field in LegalClock.objects.first().form}
    LegalClock.objects.filter(code="data_leak").update(form=[])
    defaults.load()
    assert LegalClock.objects.get(code="data_leak").form == []

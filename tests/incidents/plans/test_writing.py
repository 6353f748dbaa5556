"""A draft is written measure by measure; what cannot work is refused with its field."""

import pytest

from incidents import operations
from incidents.models import Plan
from incidents.refusals import BadPlan, ChangedMeanwhile, PlanState

pytestmark = pytest.mark.django_db


def test_it_begins_empty_with_names_in_both_languages(draft, planner):
    assert (draft.name, draft.version, draft.state) == ("事故灾难应急预案（Ⅱ级）", 2, "draft")
    assert draft.name_en == "Accident plan (level Ⅱ)"
    assert draft.drafted_by == str(planner)


def test_it_begins_as_a_copy_for_another_level(planner):
    source = Plan.objects.get(category="traffic", level=3)
    copy = operations.draft_plan(source_id=source.pk, level=2, category="accident", by=planner)
    assert (copy.category, copy.level, copy.version, copy.based_on) == ("accident", 2, 2, source)
    assert copy.measures.count() == source.measures.count()
    following = operations.draft_plan(source_id=source.pk, by=planner)
    assert (following.version, following.name) == (2, source.name)


def test_a_measure_without_a_code_gets_one(measure, codes):
    measure("", name="停止户外作业", name_en="Stop outdoor work!")
    measure("", name="停止户外作业", name_en="Stop outdoor work!")
    measure("", name="通知", kind="internal_report", name_en="")
    assert codes() == ["stop_outdoor_work", "stop_outdoor_work_2", "internal_report"]


def test_measures_stand_by_phase_and_move(draft, planner, measure, codes):
    for code, phase in [("c", "recovery"), ("a", "response"), ("b", "response")]:
        measure(code, phase=phase)
    assert codes() == ["a", "b", "c"]
    operations.move_measure(plan_id=draft.pk, code="b", up=True, by=planner)
    assert codes() == ["b", "a", "c"]
    operations.move_measure(plan_id=draft.pk, code="a", up=False, by=planner)
    assert (codes(), draft.measures.get(code="a").phase) == (["b", "a", "c"], "recovery")
    operations.move_measure(plan_id=draft.pk, code="c", up=False, by=planner)
    operations.move_measure(plan_id=draft.pk, code="c", up=False, by=planner)
    assert draft.measures.get(code="c").phase == "close"
    revision = Plan.objects.get(pk=draft.pk).revision
    operations.move_measure(plan_id=draft.pk, code="c", up=False, by=planner)
    assert Plan.objects.get(pk=draft.pk).revision == revision


def test_a_new_code_and_a_removal_reach_the_prerequisites(draft, planner, measure):
    measure("close_lanes")
    measure("reroute", after=["close_lanes"])
    operations.write_measure(plan_id=draft.pk, code="close_lanes", values={"code": "close"}, by=planner)
    assert draft.measures.get(code="reroute").after == ["close"]
    operations.remove_measure(plan_id=draft.pk, code="close", by=planner)
    assert draft.measures.get(code="reroute").after == []


def test_measures_never_wait_for_each_other(draft, planner, measure):
    measure("a")
    measure("b", after=["a"])
    measure("c", after=["b"])
    with pytest.raises(BadPlan) as refusal:
        operations.write_measure(plan_id=draft.pk, code="a", values={"after": ["c"]}, by=planner)
    assert refusal.value.extra["field"] == "after"
    assert set(refusal.value.extra["circle"]) == {"a", "b", "c"}
    with pytest.raises(BadPlan):
        measure("d", after=["nowhere"])
    with pytest.raises(BadPlan):
        measure("e", after=["e"])


@pytest.mark.parametrize(
    ("texts", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 121}, "name"),
        ({"trigger": "a\x00"}, "trigger"),
        ({"contacts": [{"name": ""}]}, "contacts"),
        ({"contacts": "12121"}, "contacts"),
        ({"supplies": [{"item": "ROCKET", "quantity": 1}]}, "supplies"),
        ({"supplies": [7]}, "supplies"),
        ({"legal_clocks": ["nothing"]}, "legal_clocks"),
        ({"legal_clocks": ["data_leak", "data_leak"]}, "legal_clocks"),
        ({"auto_start": "yes"}, "auto_start"),
        ({"auto_start": True}, "auto_conditions"),
        ({"auto_conditions": [{"indicator": "moons", "at_least": 1}]}, "auto_conditions"),
        ({"auto_conditions": [{"indicator": "cities", "at_least": 0}]}, "auto_conditions"),
    ],
)
def test_bad_texts_and_lists_name_their_field(draft, planner, texts, field):
    with pytest.raises(BadPlan) as refusal:
        operations.write_plan(plan_id=draft.pk, by=planner, texts=texts)
    assert refusal.value.extra["field"] == field


def test_only_drafts_and_only_the_newest_are_written(draft, planner, measure):
    measure("a")
    draft.refresh_from_db()
    seen = draft.revision
    operations.write_plan(plan_id=draft.pk, by=planner, texts={"objectives": "救人"}, expected_version=seen)
    with pytest.raises(ChangedMeanwhile):
        operations.write_plan(plan_id=draft.pk, by=planner, texts={"objectives": "x"}, expected_version=seen)
    operations.submit_plan(plan_id=draft.pk, by=planner)
    with pytest.raises(PlanState):
        operations.write_plan(plan_id=draft.pk, by=planner, texts={"objectives": "x"})

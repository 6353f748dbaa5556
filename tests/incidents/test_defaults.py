"""Rules and plans exist in every installation, complete, and an administrator's edits survive."""

import pytest
from django.utils import translation

from accounts.roles import Post
from incidents import defaults
from incidents.models import Category, Level, LevelRule, Measure, Plan, PlanMeasure, SeverityIndicator
from incidents.operations import drawing
from incidents.params import BadParams, check_params
from journal.kinds import describe
from journal.models import Entry

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("category", Category.values)
@pytest.mark.parametrize("level", Level.values)
def test_a_plan_for_each_category_and_level_is_complete(category, level):
    plan = drawing.choose_plan(category, level, "330100")
    measures = list(plan.measures.all())
    assert len(measures) >= 8
    assert all([plan.trigger, plan.objectives, plan.exit_condition, plan.review, plan.contacts, plan.supplies])
    assert all([plan.trigger_en, plan.objectives_en, plan.exit_condition_en, plan.review_en, plan.legal_clocks])
    codes = {measure.code for measure in measures}
    assert {"call_out", "man_post", "internal_report"} <= codes
    for measure in measures:
        check_params(measure.kind, measure.params)
        assert measure.name
        assert measure.name_en
        assert measure.post in Post.values
        assert set(measure.after) <= codes
    rule = LevelRule.objects.get(level=level)
    notice = next((m for m in measures if m.code == "first_notice"), None)
    assert notice is None or notice.due_minutes <= rule.first_notice_minutes
    assert plan.measures.get(code="internal_report").due_minutes == rule.report_minutes
    update = next((m for m in measures if m.code == "notice_update"), None)
    assert (update.due_minutes if update else None) == rule.notice_update_minutes
    assert plan.measures.get(code="debrief").due_minutes == rule.review_days * 1440


def test_loading_again_changes_nothing():
    SeverityIndicator.objects.filter(code="loss").update(name="损失")
    LevelRule.objects.filter(level=2).update(report_minutes=45)
    assert defaults.load() == 0
    assert SeverityIndicator.objects.get(code="loss").name == "损失"
    assert LevelRule.objects.get(level=2).report_minutes == 45


def test_a_regional_plan_goes_before_the_general_one():
    general = drawing.choose_plan("traffic", 3, "330100")
    regional = Plan.objects.create(
        name="浙江", category="traffic", level=3, region_code="330000", version=1, state=Plan.State.APPROVED
    )
    assert drawing.choose_plan("traffic", 3, "330100") == regional
    assert drawing.choose_plan("traffic", 3, "310100") == general
    assert drawing.choose_plan("traffic", 3, "") == general


def test_without_a_plan_a_generic_minimum_runs(running, commander, entries):
    Plan.objects.filter(category="social_security").delete()
    incident = running(level=2, by=commander, category="social_security")
    assert incident.generic_plan
    codes = set(Measure.objects.filter(incident=incident).values_list("code", flat=True))
    assert {"call_out", "man_post", "head_count", "make_plan", "internal_report"} <= codes
    assert "incident.no_plan" in entries(incident)


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("checklist", {"x": 1}),
        ("close_scope", {"action": "explode"}),
        ("notify_customers", {}),
        ("issue_supplies", {"lines": []}),
        ("issue_supplies", {"lines": [{"item": "PUMP"}]}),
        ("issue_supplies", {"lines": [{"item": "PUMP", "quantity": -1}]}),
        ("reroute", {"cost_cap": "much"}),
        ("reroute", {"days": 1.5}),
        ("reroute", {"days": 8}),
        ("reroute", {"open_standby": "yes"}),
        ("internal_report", {"every_minutes": 1}),
        ("teleport", {}),
        ("call_out", {"posts": "site"}),
        ("checklist", []),
    ],
)
def test_parameters_are_checked_by_kind(kind, params):
    with pytest.raises(BadParams):
        check_params(kind, params)


def test_every_entry_reads_as_a_sentence(running, fast_forward, run_clock, duty_officer):
    from incidents import operations

    incident = running(level=3)
    fast_forward(minutes=20)
    run_clock()
    operations.complete_measure(measure_id=Measure.objects.get(code="head_count").pk, by=duty_officer)
    rows = list(Entry.objects.filter(subject=incident.reference))
    for language, word in (("zh-hans", "王磊"), ("en", "Operations Section Chief")):
        with translation.override(language):
            texts = [row["text"] for row in describe(rows)]
        assert any(word in text for text in texts)
        assert not [text for text in texts if "…" in text or "deadline:" in text or "measure:" in text], texts


def test_measures_of_a_plan_have_unique_codes():
    assert PlanMeasure.objects.count() == len(set(PlanMeasure.objects.values_list("plan", "code")))

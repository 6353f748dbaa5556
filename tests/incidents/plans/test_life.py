"""A plan's life: two people, and an administrator alone is not locked out."""

import pytest

from accounts.actors import NotAllowed, user_actor
from accounts.models import User
from accounts.roles import Role
from incidents import operations
from incidents.models import Plan
from incidents.refusals import BadPlan, OwnPlan, PlanState, ReasonMissing
from journal.models import Entry
from journal.refusal import AlreadyDone

pytestmark = pytest.mark.django_db


def kinds(plan_id):
    return list(Entry.objects.filter(subject=f"plan:{plan_id}").order_by("seq").values_list("kind", flat=True))


def test_another_person_approves_it(draft, measure, planner, commander):
    measure("a")
    operations.submit_plan(plan_id=draft.pk, by=planner)
    with pytest.raises(AlreadyDone):
        operations.submit_plan(plan_id=draft.pk, by=planner)
    with pytest.raises(OwnPlan) as refusal:
        operations.approve_plan(plan_id=draft.pk, by=planner)
    assert "李敏" in str(refusal.value)
    plan = operations.approve_plan(plan_id=draft.pk, by=commander)
    assert (plan.state, plan.submitted_by, plan.approved_by) == ("approved", str(planner), str(commander))
    with pytest.raises(AlreadyDone):
        operations.approve_plan(plan_id=draft.pk, by=commander)
    assert kinds(draft.pk) == ["plan.drafted", "plan.submitted", "plan.approved"]


def test_somebody_alone_approves_their_own(draft, measure, planner):
    measure("a")
    operations.submit_plan(plan_id=draft.pk, by=planner)
    assert not User.objects.exclude(pk=planner.user_id).filter(is_superuser=True, is_active=True).exists()
    assert operations.approve_plan(plan_id=draft.pk, by=planner).state == "approved"


def test_a_commander_of_another_province_does_not_count(make_user, planner):
    plan = Plan.objects.filter(category="traffic", level=3).first()
    near = make_user("near", Role.COMMANDER, region_code="33")
    make_user("far", Role.COMMANDER, region_code="31")
    from incidents.operations.planlife import approvers

    plan.region_code = "330000"
    assert set(approvers(plan)) == {near, User.objects.get(pk=planner.user_id)}


def test_it_is_sent_back_with_a_reason(draft, measure, planner, commander):
    measure("a")
    operations.submit_plan(plan_id=draft.pk, by=planner)
    with pytest.raises(ReasonMissing):
        operations.send_back_plan(plan_id=draft.pk, note=" ", by=commander)
    plan = operations.send_back_plan(plan_id=draft.pk, note="缺现场清点", by=commander)
    assert (plan.state, plan.review_note) == ("draft", "缺现场清点")
    assert operations.submit_plan(plan_id=draft.pk, by=planner).review_note == ""
    assert kinds(draft.pk) == ["plan.drafted", "plan.submitted", "plan.sent_back", "plan.submitted"]


def test_the_next_version_replaces_the_one_in_force(planner, commander):
    old = Plan.objects.get(category="traffic", level=3)
    new = operations.draft_plan(source_id=old.pk, by=planner)
    with pytest.raises(PlanState):
        operations.approve_plan(plan_id=new.pk, by=commander)
    operations.submit_plan(plan_id=new.pk, by=planner)
    operations.approve_plan(plan_id=new.pk, by=commander)
    assert Plan.objects.get(pk=old.pk).state == "retired"


def test_only_a_draft_is_deleted(draft, measure, planner):
    with pytest.raises(BadPlan):
        operations.submit_plan(plan_id=draft.pk, by=planner)
    measure("a")
    operations.submit_plan(plan_id=draft.pk, by=planner)
    with pytest.raises(PlanState):
        operations.delete_plan(plan_id=draft.pk, by=planner)
    operations.send_back_plan(plan_id=draft.pk, note="x", by=planner)
    operations.delete_plan(plan_id=draft.pk, by=planner)
    assert not Plan.objects.filter(pk=draft.pk).exists()
    assert kinds(draft.pk)[-1] == "plan.deleted"


def test_roles_and_regions_decide(draft, make_user):
    officer = user_actor(make_user("zhang", Role.DUTY_OFFICER))
    with pytest.raises(NotAllowed):
        operations.draft_plan(category="accident", level=1, by=officer)
    with pytest.raises(NotAllowed):
        operations.submit_plan(plan_id=draft.pk, by=officer)

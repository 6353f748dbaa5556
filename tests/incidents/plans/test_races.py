"""Two people at the same moment: one wins, the other is told; versions are never given twice."""

import pytest

from accounts.actors import user_actor
from accounts.roles import Role
from incidents import operations, queries
from incidents.models import Plan, RuleVersion
from incidents.refusals import ChangedMeanwhile
from tests.racing import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pair(make_user):
    return [user_actor(make_user(name, Role.COMMANDER)) for name in ("one", "two")]


def test_two_drafts_get_two_versions(pair):
    source = Plan.objects.get(category="traffic", level=3)
    made = together(*[lambda by=by: operations.draft_plan(source_id=source.pk, by=by) for by in pair])
    assert sorted(plan.version for plan in made) == [2, 3], made


def test_of_two_who_save_the_same_revision_one_is_told(pair):
    plan = operations.draft_plan(category="accident", level=1, by=pair[0])

    def save(by):
        return operations.write_plan(plan_id=plan.pk, by=by, texts={"review": str(by)}, expected_version=plan.revision)

    results = together(*[lambda by=by: save(by) for by in pair])
    assert sum(isinstance(result, ChangedMeanwhile) for result in results) == 1, results
    assert Plan.objects.get(pk=plan.pk).revision == plan.revision + 1


def test_of_two_who_change_the_same_rules_one_is_told(pair):
    rows = queries.content_of_rules("readiness")[:-1]

    def change(by, kept):
        return operations.write_rules(area="readiness", content=kept, note="x", by=by, expected_number=1)

    results = together(lambda: change(pair[0], rows), lambda: change(pair[1], rows[:-1]))
    assert sum(isinstance(result, ChangedMeanwhile) for result in results) == 1, results
    assert list(RuleVersion.objects.filter(area="readiness").values_list("number", flat=True)) == [2, 1]

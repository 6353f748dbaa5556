"""A report by a machine, or by somebody who may not command, is verified first."""

import pytest

from accounts.actors import user_actor
from accounts.roles import Role
from incidents import operations, queries
from incidents.models import Incident
from incidents.refusals import IllegalTransition
from journal.refusal import AlreadyDone

pytestmark = pytest.mark.django_db


@pytest.fixture
def hand(make_user):
    return user_actor(make_user("hand", Role.WAREHOUSE, name="仓管"))


def test_who_may_command_has_verified_by_reporting(report, duty_officer):
    incident = report()
    assert incident.verified_by == str(duty_officer)
    assert "verify" not in queries.legal_actions(incident)


def test_a_report_of_others_is_verified_and_graded_in_one_tap(report, hand, duty_officer, entries):
    incident = report(by=hand, indicators={"cities": 1})
    assert queries.legal_actions(incident)[:2] == ["verify", "dismiss"]
    assert queries.next_step(incident, []).action == "verify"
    incident = operations.verify(incident_id=incident.pk, by=duty_officer)
    assert (incident.state, incident.grade, incident.verified_by) == ("graded", 3, str(duty_officer))
    assert entries(incident)[-2:] == ["incident.verified", "incident.graded"]
    with pytest.raises(AlreadyDone):
        operations.verify(incident_id=incident.pk, by=duty_officer)


def test_it_is_not_verified_twice(report, hand, duty_officer, commander):
    incident = operations.verify(incident_id=report(by=hand).pk, by=duty_officer)
    with pytest.raises(IllegalTransition):
        operations.verify(incident_id=incident.pk, by=commander)


def test_a_response_implies_it(report, hand, duty_officer, roster):
    incident = operations.respond(incident_id=report(by=hand).pk, by=duty_officer)
    assert Incident.objects.get(pk=incident.pk).verified_by == str(duty_officer)

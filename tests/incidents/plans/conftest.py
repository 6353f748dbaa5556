import pytest

from accounts.actors import user_actor
from accounts.roles import Role
from incidents import operations


@pytest.fixture
def planner(make_user):
    """Somebody who may write plans, beside the commander."""
    return user_actor(make_user("chenjing", Role.COMMANDER, name="陈静"))


@pytest.fixture
def draft(planner):
    """An empty draft for a regionless level Ⅱ accident."""
    return operations.draft_plan(category="accident", level=2, by=planner)


@pytest.fixture
def measure(draft, planner):
    """measure("head_count", after=[…]) → a stored task of the draft."""

    def make(code: str, **fields):
        values = {"code": code, "name": code, "phase": "response", "post": "site", "due_minutes": 15, **fields}
        return operations.write_measure(plan_id=draft.pk, by=planner, values=values)

    return make


@pytest.fixture
def codes(draft):
    """codes() → the draft's measures in order."""
    return lambda: list(draft.measures.order_by("order").values_list("code", flat=True))

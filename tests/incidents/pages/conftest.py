import pytest

from accounts.models import User
from accounts.roles import Role


@pytest.fixture
def rules(db):
    """The severity matrix, levels, plans and message templates as they ship."""
    from incidents import defaults
    from notifications import sample

    sample.load()
    defaults.load()


@pytest.fixture
def place(db):
    from dispatch.models import Region

    return Region.objects.create(
        code="330000", name="浙江省", name_en="Zhejiang", level="province", lat=29.1, lon=120.1
    )


@pytest.fixture
def enter(client, make_user):
    """enter(Role.COMMANDER) → a logged-in client in English."""

    def log_in(*roles: str, username: str = "limin"):
        if not User.objects.filter(username=username).exists():
            make_user(username, *(roles or (Role.COMMANDER,)), name="李敏", name_en="Li Min", language="en")
        client.force_login(User.objects.get(username=username))
        return client

    return log_in


@pytest.fixture
def running(commander, rules, place, make_user):
    """A running level Ⅱ response with one person called."""
    from datetime import timedelta

    from accounts.models import Duty
    from incidents import operations
    from journal.clock import now

    user = make_user("dispatcher", Role.SECTION_CHIEF, name="王磊", name_en="Wang Lei", language="en")
    Duty.objects.create(
        user=user, post="operations", starts_at=now() - timedelta(hours=1), ends_at=now() + timedelta(hours=8)
    )
    incident = operations.report_incident(
        title="台风利奇马", category="natural_disaster", scope={"regions": ["330000"]}, by=commander
    )
    operations.grade_incident(incident_id=incident.pk, by=commander)
    return operations.respond(incident_id=incident.pk, level=2, by=commander)

"""The room's panels are kept for those who may see the same, and never shown to anybody else."""

import re

import pytest
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from incidents.models import PostSeat
from journal import fragments

pytestmark = pytest.mark.django_db
TICKING = re.compile(r"data-since='\d+'|\b\d\d:\d\d:\d\d\b")  # the browser counts on from there
PANELS = ["incident_head", "incident_measures", "incident_posts", "incident_timeline", "incident_board_panel"]


@pytest.fixture(autouse=True)
def empty_store():
    fragments.store.clear()


@pytest.fixture
def ask(client, make_user):
    """ask(panel, incident, user or role) → what that person's panel says."""

    def answer(panel, incident, who, status=200):
        user = who if isinstance(who, User) else User.objects.filter(username=who).first() or make_user(who, who)
        client.force_login(user)
        found = client.get(reverse(panel, args=[incident.pk]))
        assert found.status_code == status
        return TICKING.sub("", found.content.decode())

    return answer


@pytest.mark.parametrize("panel", PANELS)
def test_no_role_sees_what_another_may(running, ask, panel):
    """Each role's answer from a store that the others have filled is the one from an empty store."""
    incident = running()
    roles = [Role.COMMANDER, Role.SECTION_CHIEF, Role.AUDITOR]
    fresh = {}
    for role in roles:
        fragments.store.clear()
        fresh[role] = ask(panel, incident, role)
    for role in [*roles, *reversed(roles)]:
        assert ask(panel, incident, role) == fresh[role]
    ask(panel, incident, Role.ALERT_SOURCE, status=403)


@pytest.mark.parametrize("panel", PANELS[1:3])
def test_who_holds_a_post_sees_their_own(running, ask, panel, roster):
    incident = running()
    chief, other = roster["operations"][0], roster["planning"][2]
    plain = ask(panel, incident, other)
    PostSeat.objects.filter(command_post__incident=incident, post="operations").update(holder=chief)
    fragments.store.clear()
    own = ask(panel, incident, chief)
    assert own != plain or panel == "incident_posts"
    assert ask(panel, incident, chief) == own

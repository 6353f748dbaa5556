"""What a level may decide about a reroute: who is beyond it is refused, told who may, and may send it there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.actors import user_actor
from accounts.models import Duty
from accounts.roles import Role
from dispatch.models import RunState, Warehouse
from dispatch.operations import (
    BeyondAuthority,
    CostAboveCap,
    NothingToAsk,
    approve_run,
    ask_approval,
    set_authority,
)
from journal.clock import now
from journal.models import Entry
from journal.refusal import AlreadyDone
from notifications import sample
from notifications.models import Message
from tests.dispatch.rerouting import solved_run

pytestmark = pytest.mark.django_db
DEPUTY = {"level": "Ⅲ", "post": "deputy", "decider": "区域总监", "decider_en": "Regional Director"}
BOSS = {"level": "Ⅱ", "post": "commander", "decider": "物流副总裁", "decider_en": "VP Logistics"}
WIDE = {**BOSS, "cost_cap": None, "orders": None, "reach": "temporary"}


def rung(**limits):
    return {**DEPUTY, "cost_cap": None, "orders": None, "reach": "temporary", **limits}


@pytest.fixture
def chief(make_user):
    return user_actor(make_user("chief", Role.SECTION_CHIEF))


@pytest.fixture
def boss(make_user):
    user = make_user("boss", Role.COMMANDER, name="李敏")
    Duty.objects.create(
        user=user, post="commander", starts_at=now() - timedelta(hours=1), ends_at=now() + timedelta(hours=8)
    )
    return user_actor(user)


@pytest.mark.parametrize(
    ("limits", "exceeded"),
    [
        ({}, []),
        ({"orders": 3}, []),
        ({"orders": 2}, ["orders"]),
        ({"reach": "anywhere"}, ["temporary"]),
        ({"reach": "province", "orders": 1}, ["orders", "crossing", "temporary"]),
    ],
)
def test_it_holds_the_plan_against_what_the_level_may_decide(make_orders, chief, boss, limits, exceeded):
    make_orders(3)
    Warehouse.objects.filter(code="W02").update(kind="temporary")
    run = solved_run(authority=[rung(**limits), WIDE])
    assert (run.crossing, run.temporary) == (3, 3)
    if not exceeded:
        assert approve_run(run_id=run.pk, by=chief).state == RunState.APPROVED
        return
    with pytest.raises(BeyondAuthority) as refusal:
        approve_run(run_id=run.pk, by=chief, over_cap=True)
    assert refusal.value.extra["exceeded"] == exceeded
    assert refusal.value.extra["approver"] == {"level": "Ⅱ", "post": "commander"}
    assert "Ⅱ" in str(refusal.value)
    with pytest.raises(BeyondAuthority):
        approve_run(run_id=run.pk, by=boss)
    assert approve_run(run_id=run.pk, by=boss, over_cap=True).state == RunState.APPROVED
    assert Entry.objects.get(kind="reroute.approved").payload["exceeded"] == exceeded


def test_cost_alone_is_refused_by_its_own_name(make_orders, chief):
    make_orders(3)
    run = solved_run(cost_cap="-0.5", authority=[rung(), WIDE])
    with pytest.raises(CostAboveCap):
        approve_run(run_id=run.pk, by=chief)


def test_it_is_sent_to_who_may_decide_once(make_orders, chief, boss, client):
    sample.load()
    make_orders(3)
    run = solved_run(authority=[rung(orders=1), WIDE])
    asked = ask_approval(run_id=run.pk, by=chief)
    assert asked.asked_of == str(boss)
    letter = Message.objects.get(channel="in_app")
    assert letter.user_id == boss.user_id
    assert f"/reroutes/{run.pk}/" in letter.body
    assert Entry.objects.get(kind="reroute.approval_asked").payload["of"] == [str(boss)]
    with pytest.raises(AlreadyDone):
        ask_approval(run_id=run.pk, by=chief)
    assert approve_run(run_id=run.pk, by=boss, over_cap=True).decided_by == str(boss)


def test_what_the_level_may_decide_is_sent_to_nobody(make_orders, chief):
    make_orders(3)
    with pytest.raises(NothingToAsk):
        ask_approval(run_id=solved_run(authority=[rung()]).pk, by=chief)


def test_a_raised_level_decides_what_it_may(make_orders, chief):
    make_orders(3)
    run = solved_run(authority=[rung(orders=1), WIDE])
    set_authority(run_id=run.pk, cost_cap=None, authority=[WIDE], by=chief)
    set_authority(run_id=run.pk, cost_cap=None, authority=[WIDE], by=chief)
    assert Entry.objects.filter(kind="reroute.authority_changed").count() == 1
    assert approve_run(run_id=run.pk, by=chief).state == RunState.APPROVED


def test_both_seats_see_their_button(make_orders, chief, boss, client):
    sample.load()
    make_orders(3)
    run = solved_run(authority=[rung(orders=1), WIDE])
    from accounts.models import User

    page = f"/reroutes/{run.pk}/"
    client.force_login(User.objects.get(username="chief"), backend="accounts.backends.StaffBackend")
    shown = client.get(page).content.decode()
    assert "ask-approval/" in shown
    assert "/approve/" not in shown
    assert client.post(f"{page}ask-approval/", headers={"hx-request": "true"}).status_code == 200
    assert "ask-approval/" not in client.get(page).content.decode()
    client.force_login(User.objects.get(username="boss"), backend="accounts.backends.StaffBackend")
    shown = client.get(page).content.decode()
    assert f"{page}approve/" in shown
    assert "ask-approval/" not in shown

"""Every route by every role, and by nobody: what is built agrees with `tests.authorisation.who`.

Each cell is asked for real, with a log-in or a key of that role, and rolled back. Of the roles, as many are asked as
tell the permission in the table from every other.
"""

from __future__ import annotations

import functools
import logging
from types import SimpleNamespace

import pytest

from accounts.roles import GRANTS, Permission, Role
from journal.models import Entry
from tests.authorisation.asking import VISITOR, House
from tests.authorisation.routes import Route, routes
from tests.authorisation.who import ANYONE, ASKS_FIRST, NOBODY, STAFF, TOKEN, WHO
from tests.authorisation.world import arguments, build

pytestmark = pytest.mark.django_db
REFUSED = {401, 403}
ROUTES = routes()
# What everybody gets is asked by nobody and by one role without any permission to look.
PUBLIC = (VISITOR, Role.ALERT_SOURCE)


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    """One world for all cells; rolled back at the end."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        yield build()
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def house(world: SimpleNamespace) -> House:
    logging.disable(logging.CRITICAL)
    yield House(world, arguments(world))
    logging.disable(logging.NOTSET)


def test_every_route_stands_in_the_table(house):
    """A new route must be entered; one that is gone must be taken out."""
    built = {f"{route.name} {method}" for route in ROUTES for method in route.methods if answers(house, route, method)}
    assert built == set(WHO)


def answers(house: House, route: Route, method: str) -> bool:
    """Whether the route takes this method; only one who may everything is told so."""
    return house.ask(route, method, Role.ADMINISTRATOR) != 405


def expected(who: str, permission: str) -> bool:
    if permission in {ANYONE, TOKEN}:
        return permission == ANYONE
    if permission == NOBODY or who == VISITOR:
        return False
    return permission == STAFF or permission in GRANTS[who]


@functools.cache
def asked(permission: str) -> tuple[str, ...]:
    """Whom to ask: were another permission asked for, instead of this one or beside it, one of them would show it.

    Whom `test_every_route_stands_in_the_table` has asked already costs nothing.
    """
    if permission in {ANYONE, TOKEN}:
        return PUBLIC
    holders = {other: {role for role in Role.values if other in GRANTS[role]} for other in Permission.values}
    if permission not in holders:
        return *Role.values, VISITOR
    ours = holders[permission]
    differences = [part for theirs in holders.values() for part in (ours - theirs, theirs - ours) if part]
    chosen = [Role.ADMINISTRATOR]
    while missed := [part for part in differences if part.isdisjoint(chosen)]:
        chosen.append(max(Role.values, key=lambda role: sum(role in part for part in missed)))
    return *chosen, VISITOR


class Empty(House):
    """The same, of things that are not there."""

    def argument(self, route: str, name: str) -> object:
        return 999_999 if name in {"pk", "number", "batch_id"} else super().argument(route, name)


def test_who_may_not_is_told_so_whether_the_thing_is_there_or_not(house):
    empty, told = Empty(house.world, house.arguments), []
    for route in ROUTES:
        for method in route.methods if {"pk", "number", "batch_id"} & set(route.arguments) else ():
            permission = WHO.get(f"{route.name} {method}")
            who = Role.ALERT_SOURCE if permission == Permission.VIEW else Role.AUDITOR
            if permission in Permission.values and empty.room(route) in {"customers", "notifications"}:
                status = empty.ask(route, method, who)
                told += [] if status in REFUSED else [f"{route.name} {method}: {status}"]
    assert told == []


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_it_is_for_whom_the_table_says(house, route):
    wrong = []
    before = Entry.objects.count()
    for method in route.methods:
        cell = f"{route.name} {method}"
        permission = WHO.get(cell)
        if permission is None:
            continue
        for who in asked(permission):
            status = house.ask(route, method, who)
            may = expected(who, permission)
            allowed = status not in REFUSED
            if cell in ASKS_FIRST and not may and who != VISITOR:
                allowed = status < 400
            if allowed != may or status == 500:
                wrong.append(f"{method} by {who}: {status}, expected {'to be let in' if may else 'to be refused'}")
    assert not wrong
    assert Entry.objects.count() == before

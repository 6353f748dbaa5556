"""Fixtures that every room's tests share."""

from __future__ import annotations

import gc
import re

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone, translation
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

from accounts.actors import Actor, user_actor
from accounts.models import RoleGrant, User
from accounts.roles import Role

# A busy machine may take any time over one example.
settings.register_profile("fenghuo", deadline=None)
settings.load_profile("fenghuo")

# Stories that wait for processes first, then what computes longest, then the many small ones.
LONGEST = (
    *("scenarios", "config", "browser", "drills", "test_authorisation_matrix.py", "test_api_garbage.py"),
    *("test_form_garbage.py", "test_many_clients.py", "test_state_machine.py"),
)


def pytest_collection_modifyitems(items):
    """What takes longest begins first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: next((place for place, part in enumerate(LONGEST) if part in item.path.parts), 99))


class OneBrowser(LoadFileScheduling):
    """A file stays with one worker, and so do all files that share a browser and the web process that it visits."""

    def _split_scope(self, nodeid: str) -> str:
        file = super()._split_scope(nodeid)
        return file if "whole_emergency" in file else re.sub(r"^tests/browser/.*", "tests/browser", file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return OneBrowser(config, log) if config.option.dist == "loadfile" else None


gc.disable()


def pytest_collection_finish():
    """What is collected stays until the end: the garbage collector need not look through it again and again."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """The test database, as pytest-django makes it, and a quick way back to it after every test that commits."""
    from tests import pristine

    with django_db_blocker.unblock():
        pristine.keep()


@pytest.fixture(autouse=True)
def no_language_of_an_earlier_reader():
    """A request made by an earlier test leaves its reader's language and zone behind in this thread."""
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture
def make_user(db):
    """make_user("wanglei", Role.COMMANDER) → a logged-in-able user with that role; password "correct horse"."""

    def make(username: str, *roles: str, region_code: str = "", warehouse_code: str = "", **fields: object) -> User:
        user = get_user_model().objects.create_user(username, password="correct horse", **fields)
        for role in roles:
            RoleGrant.objects.create(user=user, role=role, region_code=region_code, warehouse_code=warehouse_code)
        return user

    return make


@pytest.fixture
def commander(make_user) -> Actor:
    return user_actor(make_user("commander", Role.COMMANDER, name="李敏"))


@pytest.fixture
def administrator(make_user) -> Actor:
    return user_actor(make_user("administrator", Role.ADMINISTRATOR, name="管理员"))


@pytest.fixture
def api_key(db, administrator):
    """api_key("order_system") → the secret of a fresh key of that role."""
    from accounts.operations import create_api_key

    def make(role: str, name: str | None = None) -> str:
        return create_api_key(name=name or f"test {role}", role=role, by=administrator)[1]

    return make


@pytest.fixture
def api(client, api_key):
    """api("order_system") → a REST client: .get/.post/.put/.patch(path, json) with that role's key."""

    class Api:
        def __init__(self, role: str) -> None:
            self.headers = {"authorization": f"Bearer {api_key(role)}"}

        def __getattr__(self, method: str):
            def call(path: str, body: object = None, **extra: object):
                send = getattr(client, method)
                if body is None:
                    return send(path, headers=self.headers, **extra)
                return send(path, body, content_type="application/json", headers=self.headers, **extra)

            return call

    return Api


@pytest.fixture
def fast_forward(db):
    """fast_forward(minutes=30): shift the test database's time and wake the clocks."""
    from tests.times import shift

    return shift


@pytest.fixture
def run_clock():
    """run_clock(): let one clock do everything that is due now, as a worker's clock would."""
    from config.clockwork import all_sources
    from journal.clock import Clock

    def run(rounds: int = 50) -> None:
        clock = Clock("test", all_sources())
        clock.beat_due = float("inf")
        for _ in range(rounds):
            if clock.step() > 0:
                return
        raise AssertionError("the clock finds something due again and again")

    return run


@pytest.fixture
def processes(transactional_db):
    """Real processes on the test database (tests.processes.Processes); all end with the test."""
    from tests.processes import Processes

    started = Processes()
    yield started
    started.stop()

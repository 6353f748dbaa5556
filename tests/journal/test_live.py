"""The live socket tells of topics after commit, to people who are logged in, and of nothing else."""

import asyncio

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction
from django.test import Client

from accounts.actors import SYSTEM
from accounts.roles import Role
from journal import operations
from journal.hub import hub
from tests.journal.asgi import Socket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cookie(make_user):
    client = Client()
    client.force_login(make_user("someone", Role.WAREHOUSE))
    return client.cookies["sessionid"].value


@pytest.fixture(autouse=True)
def hub_at_rest():
    """The hub's connection is gone before the test database is emptied or dropped."""
    yield
    hub.mailboxes.clear()
    for _ in range(100):
        if (thread := hub.thread) is None:
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify('fenghuo_topics', '')")
        thread.join(0.1)


def in_thread(work):
    """Run database work outside the loop and give its connection back."""

    def run():
        try:
            return work()
        finally:
            connection.close()

    return sync_to_async(run, thread_sensitive=False)()


def write(subject, **fields):
    def work():
        with transaction.atomic():
            operations.write(kind="test.happened", subject=subject, by=SYSTEM, **fields)

    return in_thread(work)


@pytest.fixture
async def opened(cookie):
    """await opened("incident:1", …) → a browser's socket that watches these topics; closed after the test."""
    browsers = []

    async def make(*topics):
        socket = Socket(cookie)
        assert (await socket.connect())["type"] == "websocket.accept"
        browsers.append(socket)
        assert await socket.receive() == {"live": True}
        await socket.send({"watch": list(topics)})
        while not await socket.silent(0.3):
            assert await socket.receive() == {"live": True}
        return socket

    yield make
    for socket in browsers:
        await socket.close()
    await sync_to_async(close_connection)()


def close_connection():
    """The one of asgiref's thread, with which the session was read."""
    connection.close()


async def test_an_anonymous_browser_is_refused():
    answer = await Socket().connect()
    assert (answer["type"], answer["code"]) == ("websocket.close", 4401)


async def test_a_foreign_page_is_refused(cookie):
    answer = await Socket(cookie, origin="https://evil.example").connect()
    assert answer["type"] == "websocket.close"


async def test_a_topic_arrives_after_commit_by_subject_and_reference(opened):
    socket = await opened("incident:1", "thing:2")
    await write("thing:9", reference="incident:1")
    assert await socket.receive() == {"topic": "incident:1"}
    await write("thing:2")
    assert await socket.receive() == {"topic": "thing:2"}


async def test_touch_tells_without_an_entry(opened):
    socket = await opened("incident:1")

    def touch():
        with transaction.atomic():
            operations.touch("incident:1", "incident:2")

    await in_thread(touch)
    assert await socket.receive() == {"topic": "incident:1"}
    assert await socket.silent()


async def test_nothing_arrives_before_commit_or_after_a_rollback(opened):
    socket = await opened("incident:1")
    go_on = asyncio.Event()
    loop = asyncio.get_running_loop()

    def rolled_back():
        try:
            with transaction.atomic():
                operations.write(kind="test.happened", subject="incident:1", by=SYSTEM)
                asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(10)
                raise RuntimeError("undone")
        except RuntimeError:
            return

    undone = asyncio.ensure_future(in_thread(rolled_back))
    assert await socket.silent(), "it told of something that was not committed"
    go_on.set()
    await undone
    assert await socket.silent(), "it told of something that was undone"


async def test_topics_that_nobody_watches_are_not_sent(opened):
    socket = await opened("incident:1")
    await write("incident:2")
    assert await socket.silent()


async def test_a_slow_reader_is_told_the_newest_state_once(opened):
    await opened("incident:1")

    def burst():
        for _ in range(50):
            with transaction.atomic():
                operations.touch("incident:1")

    (mailbox,) = hub.mailboxes
    release = asyncio.Event()
    mailbox.task.cancel()
    sent = []

    async def slow(message):
        await release.wait()
        sent.append(message)

    mailbox.start(slow)
    await in_thread(burst)
    await asyncio.sleep(0.5)
    assert len(mailbox.waiting) <= 1
    release.set()
    await asyncio.sleep(0.2)
    assert 1 <= len(sent) <= 3


@pytest.mark.parametrize("nonsense", ["[1]", '"x"', '{"watch": "incident:1"}', '{"watch": [1]}', '{"watch": null}'])
async def test_nonsense_from_the_browser_is_harmless(opened, nonsense):
    socket = await opened("incident:1")
    await socket.send(nonsense)
    await write("incident:1")
    assert await socket.receive() == {"topic": "incident:1"}


async def test_what_is_no_json_ends_the_connection(opened):
    socket = await opened("incident:1")
    await socket.send("{")
    assert (await socket.receive())["code"] == 4400


async def test_a_lost_database_connection_is_told_and_comes_back(opened):
    socket = await opened("incident:1")

    def cut():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'LISTEN fenghuo_t%'"
            )
            return cursor.fetchone()[0]

    assert await in_thread(cut) >= 1
    assert await socket.receive() == {"live": False}
    assert await socket.receive() == {"live": True}
    await write("incident:1")
    assert await socket.receive() == {"topic": "incident:1"}

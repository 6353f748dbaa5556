"""The live socket through a real server process: it survives silence."""

import asyncio
import json

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction
from django.test import Client
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from accounts.actors import SYSTEM
from accounts.roles import Role
from journal import operations
from tests.processes import web_process

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server():
    """A uvicorn process on the test database; its address."""
    with web_process() as address:
        yield address.removeprefix("http://")


def write():
    try:
        with transaction.atomic():
            operations.write(kind="test.happened", subject="incident:1", by=SYSTEM)
    finally:
        connection.close()


@pytest.fixture
def cookie(make_user):
    client = Client()
    client.force_login(make_user("someone", Role.WAREHOUSE))
    return f"sessionid={client.cookies['sessionid'].value}"


async def test_an_idle_socket_stays_alive(server, cookie):
    headers = {"Cookie": cookie, "Origin": f"http://{server}"}
    async with connect(f"ws://{server}/ws/topics/", additional_headers=headers) as browser:
        assert json.loads(await asyncio.wait_for(browser.recv(), 10)) == {"live": True}
        await browser.send(json.dumps({"watch": ["incident:1"]}))
        # Longer than the 5 s after which idle connections are dropped by careless defaults.
        await asyncio.sleep(6.5)
        await sync_to_async(write, thread_sensitive=False)()
        told = json.loads(await asyncio.wait_for(browser.recv(), 10))
        if told == {"live": True}:
            told = json.loads(await asyncio.wait_for(browser.recv(), 10))
        assert told == {"topic": "incident:1"}


async def test_the_server_refuses_an_anonymous_socket(server):
    with pytest.raises(InvalidStatus) as refused:
        async with connect(f"ws://{server}/ws/topics/", additional_headers={"Origin": f"http://{server}"}):
            pass
    assert refused.value.response.status_code == 403

"""One LISTEN per web process, fanned out to its sockets.

The database itself announces topics when a transaction commits (`journal_append`, `touch`), so a push can be neither
early nor forgotten, and Redis plays no part. Each socket has a mailbox that keeps the newest state per topic: a slow
reader costs a set of names, never a growing queue.
"""

from __future__ import annotations

import asyncio
import select
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import psycopg2
import structlog
from django.db import connections

log = structlog.get_logger()

Send = Callable[[dict[str, Any]], Awaitable[None]]
TOPICS_CHANNEL = "fenghuo_topics"


class Mailbox:
    """What one socket has yet to be told."""

    def __init__(self) -> None:
        self.topics: frozenset[str] = frozenset()
        self.waiting: dict[str, dict[str, Any]] = {}
        self.bell = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def start(self, send: Send) -> None:
        self.task = asyncio.create_task(self.pump(send))

    def put(self, key: str, message: dict[str, Any]) -> None:
        self.waiting[key] = message
        self.bell.set()

    async def pump(self, send: Send) -> None:
        while True:
            await self.bell.wait()
            self.bell.clear()
            messages, self.waiting = self.waiting, {}
            for message in messages.values():
                await send(message)


class Hub:
    """Runs its listening thread while at least one socket is open."""

    def __init__(self) -> None:
        self.mailboxes: set[Mailbox] = set()
        self.loop: asyncio.AbstractEventLoop | None = None
        self.live = False
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None

    def join(self) -> Mailbox:
        mailbox = Mailbox()
        with self.lock:
            self.loop = asyncio.get_running_loop()
            self.mailboxes.add(mailbox)
            if self.thread is None:
                self.thread = threading.Thread(target=self.listen, name="topic hub", daemon=True)
                self.thread.start()
        return mailbox

    def leave(self, mailbox: Mailbox) -> None:
        with self.lock:
            self.mailboxes.discard(mailbox)
        if mailbox.task:
            mailbox.task.cancel()

    async def wait_live(self, seconds: float) -> bool:
        for _ in range(int(seconds / 0.05)):
            if self.live:
                break
            await asyncio.sleep(0.05)
        return self.live

    def tell(self, deliver: Callable[[Mailbox], None]) -> None:
        with self.lock:
            loop, mailboxes = self.loop, list(self.mailboxes)
        if loop is None or loop.is_closed():
            return
        for mailbox in mailboxes:
            loop.call_soon_threadsafe(deliver, mailbox)

    def set_live(self, live: bool) -> None:
        if live != self.live:
            self.live = live
            self.tell(lambda mailbox: mailbox.put("live", {"live": live}))

    def changed(self, topic: str) -> None:
        def deliver(mailbox: Mailbox) -> None:
            if topic in mailbox.topics:
                mailbox.put(topic, {"topic": topic})

        self.tell(deliver)

    def listen(self) -> None:
        """Until the last socket is gone; a lost database is retried, and the sockets are told meanwhile."""
        while True:
            try:
                raw = psycopg2.connect(**connections["default"].get_connection_params())
                try:
                    self.follow(raw)
                finally:
                    raw.close()
            except psycopg2.Error as error:
                log.warning("topic hub lost its database", error=str(error).strip())
                self.set_live(False)
                threading.Event().wait(0.5)
            with self.lock:
                if not self.mailboxes:
                    self.live = False
                    self.thread = None
                    return

    def follow(self, raw: Any) -> None:
        raw.set_session(autocommit=True)
        with raw.cursor() as cursor:
            cursor.execute(f"LISTEN {TOPICS_CHANNEL}")
        self.set_live(True)
        while self.mailboxes:
            if select.select([raw], [], [], 5)[0]:
                raw.poll()
                for topic in dict.fromkeys(notify.payload for notify in raw.notifies):
                    self.changed(topic)
                raw.notifies.clear()


hub = Hub()

"""Serves each request in one of a fixed set of threads, each of which keeps its database connection.

Django's own ASGI handler takes a new thread, and with it a new connection, for every request, and as many at once as
browsers ask: a hundred screens that hear of the same change would exhaust the database. Here they wait for a moment.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django
from asgiref.sync import ThreadSensitiveContext
from django.core.handlers.asgi import ASGIHandler

from config import environment


class BoundedHandler(ASGIHandler):
    """Django's handler on `threads` threads; further requests wait in the order in which they came."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self.threads = [ThreadPoolExecutor(1, thread_name_prefix=f"web-{number}") for number in range(threads)]
        self.free: asyncio.Queue[ThreadPoolExecutor] | None = None
        self.loop: asyncio.AbstractEventLoop | None = None

    def queue(self) -> asyncio.Queue[ThreadPoolExecutor]:
        """Free threads, the one used last first: fewer connections are kept warm than there are threads."""
        loop = asyncio.get_running_loop()
        if self.free is None or self.loop is not loop:
            self.free, self.loop = asyncio.LifoQueue(), loop
            for thread in reversed(self.threads):
                self.free.put_nowait(thread)
        return self.free

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            raise ValueError(f"Only HTTP is handled here, not {scope['type']}.")
        free = self.queue()
        thread = await free.get()
        try:
            async with ThreadSensitiveContext(executor=thread):
                await self.handle(scope, receive, send)
        finally:
            free.put_nowait(thread)


def http_application() -> BoundedHandler:
    django.setup(set_prefix=False)
    return BoundedHandler(environment.WEB_THREADS)

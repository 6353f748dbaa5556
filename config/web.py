"""Serves each request in one of a fixed set of threads, each of which keeps its database connection.

Django's own ASGI handler takes a new thread, and with it a new connection, for every request, and as many at once as
browsers ask: a hundred screens that hear of the same change would exhaust the database. Here they wait for a moment.
"""

from __future__ import annotations

import asyncio
import gc
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django
from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.urls import get_resolver

from config import environment


class BoundedHandler(ASGIHandler):
    """Django's handler on `threads` threads; further requests wait in the order in which they came."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self.threads = [ThreadPoolExecutor(1, thread_name_prefix=f"web-{number}") for number in range(threads)]
        self.free: asyncio.Queue[ThreadPoolExecutor] | None = None
        self.loop: asyncio.AbstractEventLoop | None = None

    def load_middleware(self, is_async: bool = False) -> None:
        """The whole chain down to the view in one go on the request's thread.

        All our views are synchronous. Left to itself, Django would come back to the event loop for each middleware that
        could be asynchronous, and wait there behind every other request, which was a third of the work of a panel.
        """
        super().load_middleware(is_async=False)
        chain: Any = self._middleware_chain  # type: ignore[has-type]
        self._middleware_chain = sync_to_async(chain, thread_sensitive=True)

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
    """Everything that a request needs is loaded now, not by the first person who comes.

    What is loaded stays, so the collector of garbage need not go through it: with our libraries that took a tenth of a
    second each time.
    """
    django.setup(set_prefix=False)
    handler = BoundedHandler(environment.WEB_THREADS)
    assert get_resolver().url_patterns
    gc.collect()
    gc.freeze()
    return handler

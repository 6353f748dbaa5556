"""Panels that many browsers fetch at the same moment are made once.

`@fragment("incident:{pk}")` keeps what a panel's view answered, by everything it may depend on: the view, its address
and query, what the reader may do and where, language, zone, and the version of its topics (`journal.queries.version`).
Nothing is ever served to a reader whose permissions differ, and nothing that is older than the newest entry or touch of
its topics; what changes without either (a renamed person) shows after `SECONDS`. What the clock face shows ticks in the
browser. Each web process keeps its own; there is nothing to flush.
"""

from __future__ import annotations

import functools
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language

from journal import queries

SECONDS = 30.0
MOST = 2_000
LONGEST_WAIT = 5.0  # for somebody else who makes the same fragment

View = Callable[..., HttpResponse]
Personal = Callable[..., Hashable]


@dataclass(frozen=True)
class Made:
    """What a view answered, without anything that is one reader's own."""

    content: bytes
    headers: dict[str, str]
    made_at: float = field(default_factory=time.monotonic)

    @property
    def fresh(self) -> bool:
        return time.monotonic() - self.made_at < SECONDS


class Store:
    """The newest fragments of this process; of many that want the same one at once, one makes it."""

    def __init__(self) -> None:
        self.kept: OrderedDict[Hashable, Made] = OrderedDict()
        self.makers: dict[Hashable, threading.Lock] = {}
        self.lock = threading.Lock()

    def find(self, key: Hashable) -> Made | None:
        with self.lock:
            made = self.kept.get(key)
            if made is None or not made.fresh:
                self.kept.pop(key, None)
                return None
            self.kept.move_to_end(key)
            return made

    def keep(self, key: Hashable, made: Made) -> None:
        with self.lock:
            self.kept[key] = made
            while len(self.kept) > MOST:
                self.kept.popitem(last=False)

    def answer(self, key: Hashable, make: Callable[[], HttpResponse]) -> HttpResponse:
        if made := self.find(key):
            return remade(made)
        with self.lock:
            turn = self.makers.setdefault(key, threading.Lock())
        mine = turn.acquire(timeout=LONGEST_WAIT)
        try:
            if made := self.find(key):
                return remade(made)
            response = make()
            if keepable(response):
                self.keep(key, Made(response.content, dict(response.items())))
            return response
        finally:
            if mine:
                turn.release()
            with self.lock:
                if self.makers.get(key) is turn:
                    del self.makers[key]

    def clear(self) -> None:
        with self.lock:
            self.kept.clear()


store = Store()


def remade(made: Made) -> HttpResponse:
    return HttpResponse(made.content, headers=made.headers)


def keepable(response: HttpResponse) -> bool:
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and "no-store" not in response.get("Cache-Control", "")
    )


def fragment(*topics: str, personal: bool | Personal = False) -> Callable[[View], View]:
    """A decorator for a panel's view, inside of `login_required` and `require_GET`.

    `topics` are those that the panel watches, with the names of the view's arguments in braces; "*" stands for
    everything that happens. `personal` panels show something of the reader's own and are kept for each reader; where
    readers fall into a few groups, `personal` is a function of the request and the view's arguments that tells them
    apart ("holds the posts …").
    A panel with a form's token in it belongs to one session and is made anew each time.
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def kept(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            version = queries.version(*[topic.format(*args, **kwargs) for topic in topics])
            key = (
                *(view.__module__, view.__qualname__, args, tuple(sorted(kwargs.items()))),
                *(request.META.get("QUERY_STRING", ""), bool(request.htmx), reader_of(request)),
                *(get_language(), timezone.get_current_timezone_name(), version),
                personal(request, *args, **kwargs) if callable(personal) else request.actor.key if personal else "",
            )

            def make() -> HttpResponse:
                response = view(request, *args, **kwargs)
                if request.META.get("CSRF_COOKIE_NEEDS_UPDATE"):
                    response.headers["Cache-Control"] = "private, no-store"
                return response

            return unless_unchanged(request, store.answer(key, make))

        return kept

    return decorate


def reader_of(request: Any) -> Hashable:
    """What of a reader every panel may depend on: permissions and scope."""
    actor = request.actor
    return (frozenset(actor.permissions), frozenset(actor.regions), frozenset(actor.warehouses), actor.kind)


def unless_unchanged(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The response with an ETag of its content; 304 without a body when the browser has it already."""
    if response.status_code != 200 or response.streaming:
        return response
    etag = f'"{hashlib.sha256(response.content).hexdigest()[:24]}"'
    response["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response  # type: ignore[return-value]

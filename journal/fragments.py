"""Panels that many browsers fetch at the same moment are made once.

`@fragment("incident:{pk}")` keeps what a panel's view answered, by everything it may depend on: the view, its address
and query, where the reader may act, language, zone, and the version of its topics (`journal.queries.version`). Of what
the reader may do, only that counts which the view asked about while it made the answer: readers whose permissions agree
in that share it, and nobody else. Nothing older than the newest entry or touch of its topics is ever served; what
changes without either (a renamed person) shows after `SECONDS`. What the clock face shows ticks in the browser.

`shared` keeps what several panels are made from in the same way. Each web process keeps its own; there is nothing to
flush.
"""

from __future__ import annotations

import copy
import functools
import hashlib
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Set
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language

from journal import queries

SECONDS = 30.0
MOST = 2_000
LONGEST_WAIT = 5.0  # for somebody else who makes the same fragment

View = Callable[..., HttpResponse]
Thing = TypeVar("Thing")
Personal = Callable[..., Hashable]


class Asked(Set[Any]):
    """A reader's permissions that remember which of them were asked about, and so for whom the answer holds."""

    def __init__(self, permissions: Iterable[Any]) -> None:
        self.permissions = frozenset(permissions)
        self.answers: dict[Hashable, bool] = {}
        self.whole = False

    def __contains__(self, permission: object) -> bool:
        self.answers[permission] = permission in self.permissions
        return self.answers[permission]

    def __iter__(self) -> Iterator[Any]:
        self.whole = True
        return iter(self.permissions)

    def __len__(self) -> int:
        self.whole = True
        return len(self.permissions)

    def __hash__(self) -> int:
        self.whole = True
        return hash(self.permissions)

    @classmethod
    def _from_iterable(cls, it: Iterable[Any]) -> Any:
        return frozenset(it)

    def holds_for(self, permissions: Set[Any]) -> bool:
        """Whether a reader with these permissions would have been given the same answer."""
        if self.whole:
            return self.permissions == permissions
        return all((permission in permissions) == held for permission, held in self.answers.items())


@dataclass(frozen=True)
class Made:
    """Something that was made, without anything that is one reader's own, and what of the reader it depended on."""

    value: Any
    asked: Asked | None = None
    made_at: float = field(default_factory=time.monotonic)

    @property
    def fresh(self) -> bool:
        return time.monotonic() - self.made_at < SECONDS


class Store:
    """The newest of what this process made; of many that want the same at once, one makes it."""

    def __init__(self) -> None:
        self.kept: OrderedDict[Hashable, list[Made]] = OrderedDict()
        self.makers: dict[Hashable, threading.Lock] = {}
        self.lock = threading.Lock()

    def find(self, key: Hashable, permissions: Set[Any] = frozenset()) -> Made | None:
        with self.lock:
            fresh = [made for made in self.kept.get(key, ()) if made.fresh]
            if not fresh:
                self.kept.pop(key, None)
                return None
            self.kept[key] = fresh
            self.kept.move_to_end(key)
            return next((made for made in fresh if made.asked is None or made.asked.holds_for(permissions)), None)

    def keep(self, key: Hashable, made: Made) -> None:
        with self.lock:
            self.kept.setdefault(key, []).append(made)
            while len(self.kept) > MOST:
                self.kept.popitem(last=False)

    def answer(
        self, key: Hashable, make: Callable[[], tuple[Any, bool, Asked | None]], permissions: Set[Any] = frozenset()
    ) -> Any:
        """What is kept for this reader, or what `make` gives: the value, whether to keep it, and for whom it holds."""
        if made := self.find(key, permissions):
            return made.value
        with self.lock:
            turn = self.makers.setdefault(key, threading.Lock())
        mine = turn.acquire(timeout=LONGEST_WAIT)
        try:
            if made := self.find(key, permissions):
                return made.value
            value, keep, asked = make()
            if keep:
                self.keep(key, Made(value, asked))
            return value
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


def remade(kept: HttpResponse) -> HttpResponse:
    """A reader's own copy of a kept answer: middleware writes into its headers."""
    return HttpResponse(kept.content, status=kept.status_code, headers=dict(kept.items()))


def keepable(response: HttpResponse) -> bool:
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and "no-store" not in response.get("Cache-Control", "")
    )


def fragment(*topics: str, personal: bool | Personal = False, but: tuple[str, ...] = ()) -> Callable[[View], View]:
    """A decorator for a panel's view, inside of `login_required` and `require_GET`.

    `topics` are those that the panel watches, with the names of the view's arguments in braces; "*" stands for
    everything that happens. `personal` panels show something of the reader's own and are kept for each reader; where
    readers fall into a few groups, `personal` is a function of the request and the view's arguments that tells them
    apart ("holds the posts …"). What is `but` of a kind that the panel shows nothing of leaves it as it is.
    A panel with a form's token in it belongs to one session and is made anew each time.
    Such panels may be asked for several at a time (`journal.views.panels`).
    """

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def kept(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            key = (
                *(view.__module__, view.__qualname__, args, tuple(sorted(kwargs.items()))),
                *(request.META.get("QUERY_STRING", ""), bool(request.htmx), place_of(request)),
                *now_and_here(request, *[topic.format(*args, **kwargs) for topic in topics], but=but),
                personal(request, *args, **kwargs) if callable(personal) else request.actor.key if personal else "",
            )

            def make() -> tuple[HttpResponse, bool, Asked]:
                asked = Asked(request.actor.permissions)
                reader, request.actor = request.actor, asking(request.actor, asked)
                try:
                    response = view(request, *args, **kwargs)
                finally:
                    request.actor = reader
                if request.META.get("CSRF_COOKIE_NEEDS_UPDATE"):
                    response.headers["Cache-Control"] = "private, no-store"
                sign(response)
                return response, keepable(response), asked

            response = store.answer(key, make, request.actor.permissions)
            return unless_unchanged(request, remade(response) if keepable(response) else response)

        kept.is_fragment = True  # type: ignore[attr-defined]
        return kept

    return decorate


def shared(request: Any, *topics: str, name: str, make: Callable[[], Thing], but: tuple[str, ...] = ()) -> Thing:
    """What `make` gives, made once for all requests in this language and zone while these topics stand still.

    It must depend on nothing of the reader, and nobody may change it.
    """
    key = (name, *topics, *now_and_here(request, *topics, but=but))
    return store.answer(key, lambda: (make(), True, None))


def now_and_here(request: Any, *topics: str, but: tuple[str, ...]) -> tuple[Hashable, ...]:
    """Language, zone, and the version of the topics, which one request asks for once."""
    versions = request.__dict__.setdefault("topic_versions", {})
    if (topics, but) not in versions:
        versions[topics, but] = queries.version(*topics, but=but)
    return (get_language(), timezone.get_current_timezone_name(), versions[topics, but])


def place_of(request: Any) -> Hashable:
    """Where the reader may act; few are limited in that."""
    actor = request.actor
    return (frozenset(actor.regions), frozenset(actor.warehouses), actor.kind)


def asking(actor: Any, asked: Asked) -> Any:
    """The actor with permissions that remember. The request's own may be lazy, which a copy sees through only then."""
    assert asked.permissions == actor.permissions
    remembering = copy.copy(actor)
    object.__setattr__(remembering, "permissions", asked)
    return remembering


def unless_unchanged(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The response, or 304 without a body when the browser has it already."""
    if "ETag" not in response:
        sign(response)
    if "ETag" not in response:
        return response
    etag = response["ETag"]
    return get_conditional_response(request, etag=etag, response=response) or response  # type: ignore[return-value]


def sign(response: HttpResponse) -> None:
    """Give the response an ETag of its content."""
    if response.status_code == 200 and not response.streaming:
        response["ETag"] = f'"{hashlib.sha256(response.content).hexdigest()[:24]}"'

"""The routes of the house, as the URL configuration has them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

# Pages of the framework and its add-ons that keep their own rules; who may log in to them is tested here by one page.
FOREIGN = ("account_", "mfa_", "admin:")


@dataclass(frozen=True)
class Route:
    """`api` routes are asked with keys, the others with sessions."""

    name: str
    arguments: tuple[str, ...]
    methods: tuple[str, ...]
    api: bool


def routes() -> list[Route]:
    found = {route.name: route for route in walk(get_resolver())}
    return [found[name] for name in sorted(found)]


def walk(resolver: URLResolver, space: str = "", path: str = "") -> Iterator[Route]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from walk(pattern, space + inner, path + str(pattern.pattern))
        elif isinstance(pattern, URLPattern) and not f"{space}{pattern.name}".startswith(FOREIGN):
            whole = path + str(pattern.pattern)
            arguments = tuple(pattern.pattern.converters)
            yield Route(f"{space}{pattern.name}", arguments, methods(pattern.callback), whole.startswith("api/v1/"))


def methods(view: Any) -> tuple[str, ...]:
    """What a view answers: classes say it, functions are asked for both (405 then means that it does not)."""
    kind = getattr(view, "view_class", None) or getattr(view, "cls", None)
    if kind is None or not inspect.isclass(kind):
        return ("GET", "POST")
    known = [name for name in ("get", "post", "put", "patch", "delete") if hasattr(kind, name)]
    return tuple(name.upper() for name in known)

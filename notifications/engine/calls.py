"""Cutting a chunk into calls."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from notifications.models import Attempt, Chunk, Template
from notifications.rendering import render, render_line
from notifications.transports import Ambiguous, Item, Taken, TransportError


@dataclass(frozen=True)
class Piece:
    """A call that is to be made: messages of one chunk."""

    chunk: Chunk
    template: Template
    items: tuple[Item, ...]

    def halves(self) -> list[Piece]:
        middle = len(self.items) // 2
        return [Piece(self.chunk, self.template, items) for items in (self.items[:middle], self.items[middle:])]


@dataclass(frozen=True)
class Result:
    """What a call came to."""

    piece: Piece
    attempt: Attempt
    what: Taken | TransportError | Ambiguous

    @property
    def taken(self) -> bool:
        return isinstance(self.what, Taken)

    @property
    def ids(self) -> list[int]:
        return [item.id for item in self.piece.items]


def item_of(row: tuple[Any, ...], template: Template) -> Item:
    """A message as its transport wants it; a bulk message's text is made here."""
    identity, _was, key, destination, variables, subject, body = row
    given = msgspec.json.decode(variables)
    values = {name: given[name] for name in template.variables}
    if template.channel == "email" and not body:
        subject = render_line(template.subject, template.variables, values)
        body = render(template.body, template.variables, values)
    values = {name: str(value) for name, value in values.items()}
    return Item(identity, key, destination, values, subject, body)


def cut(chunk: Chunk, template: Template, items: Sequence[Item], size: int) -> Iterator[Piece]:
    """Calls of at most `size` messages, none with the same destination twice: a receipt names call and destination."""
    rest = list(items)
    while rest:
        taken: dict[str, Item] = {}
        left: list[Item] = []
        for index, item in enumerate(rest):
            if len(taken) == size:
                left += rest[index:]
                break
            if item.destination in taken:
                left.append(item)
            else:
                taken[item.destination] = item
        yield Piece(chunk, template, tuple(taken.values()))
        rest = left

"""Cutting a chunk into calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import msgspec
from django.db import connection

from notifications.gateways import Account
from notifications.models import Attempt, Chunk, Template
from notifications.moves import OF_CHUNK, of_chunk
from notifications.rendering import render, render_line
from notifications.transports import Ambiguous, Item, Taken, TransportError, transport_for

TAKE = f"""
SELECT id, key, destination, variables::text, subject, body FROM notifications_message
WHERE {OF_CHUNK} AND state = 'queued' ORDER BY id LIMIT %s
"""
TEXTS = msgspec.json.Decoder(dict[str, str]).decode
WHOLE_TEXT = ("email", "push")  # channels whose text is ours to write, also in bulk


@dataclass(frozen=True)
class Piece:
    """A call that is to be made: messages of one chunk, cut for an account (None: not yet)."""

    chunk: Chunk
    template: Template
    items: tuple[Item, ...]
    account: Account | None = None

    @property
    def ids(self) -> list[int]:
        return [item.id for item in self.items]

    def halves(self) -> list[Piece]:
        middle = len(self.items) // 2
        return [replace(self, items=items) for items in (self.items[:middle], self.items[middle:])]

    def only(self, ids: Sequence[int]) -> Piece:
        return replace(self, items=tuple(item for item in self.items if item.id in ids))


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
        return self.piece.ids


def take(chunk: Chunk, template: Template, most: int | None) -> list[Item]:
    """What is queued in a chunk, or the first `most` of it, as transports want it; the text of a bulk message is made
    here. The caller holds the chunk's row."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [*of_chunk(chunk), most])
        return [item_of(row, template) for row in cursor.fetchall()]


def item_of(row: tuple[Any, ...], template: Template) -> Item:
    identity, key, destination, variables, subject, body = row
    try:
        given = TEXTS(variables)
    except msgspec.ValidationError:
        given = {name: str(value) for name, value in msgspec.json.decode(variables).items()}
    values = {name: given[name] for name in template.variables}  # in their order: Tencent and WeChat go by it
    if template.channel in WHOLE_TEXT and not body:
        subject = render_line(template.subject, template.variables, values)
        body = render(template.body, template.variables, values)
    return Item(identity, key, destination, values, subject, body)


def cut(chunk: Chunk, template: Template, items: Sequence[Item], account: Account) -> Iterator[Piece]:
    """Calls as the account's provider takes them, none with the same destination twice: a receipt names call and
    destination."""
    transport = transport_for(account)
    size = transport.batch_size
    groups: list[list[Item]] = [list(items)]
    if transport.alike and size > 1:
        alike: dict[tuple[str, ...], list[Item]] = defaultdict(list)
        for item in items:
            alike[tuple(item.variables.values())].append(item)
        groups = list(alike.values())
    for group in groups:
        if len({item.destination for item in group}) == len(group):
            for at in range(0, len(group), size):
                yield Piece(chunk, template, tuple(group[at : at + size]), account)
            continue
        rest = group
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
            yield Piece(chunk, template, tuple(taken.values()), account)
            rest = left

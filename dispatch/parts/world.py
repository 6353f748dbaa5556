"""The network as records: {field: value}, references as codes, children as tuples of tuples."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from dispatch.parts.kinds import KINDS, Child, Kind
from dispatch.queries.network import rows

Record = dict[str, Any]
Key = str | int


def service_of(record: Record) -> tuple[Any, ...]:
    """What tells a lane from all others."""
    return tuple(
        record[name] for name in ("warehouse", "region", "carrier", "service_level", "origin", "transit_hours")
    )


class World:
    """Every thing of every kind as it stands, read when first asked for; plans lay their changes over it."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[Key, Record]] = {}
        self.retired_keys: dict[str, set[Key]] = {}

    def records(self, kind: Kind) -> dict[Key, Record]:
        """All records of a kind by key, retired ones included."""
        if kind.name not in self.kept:
            self.kept[kind.name], self.retired_keys[kind.name] = read(kind)
        return self.kept[kind.name]

    def retired(self, kind: Kind) -> set[Key]:
        self.records(kind)
        return self.retired_keys[kind.name]

    def in_use(self, kind: Kind) -> dict[Key, Record]:
        gone = self.retired(kind)
        return {key: record for key, record in self.records(kind).items() if key not in gone}

    def knows(self, kind: str, key: Key) -> bool:
        """Whether something of this kind may be referred to."""
        return key in self.records(KINDS[kind]) and key not in self.retired(KINDS[kind])

    def put(self, kind: Kind, key: Key, record: Record) -> None:
        self.records(kind)[key] = record
        self.retired(kind).discard(key)
        self.__dict__.pop("services", None)

    @cached_property
    def services(self) -> Counter[tuple[Any, ...]]:
        """How many lanes, retired ones included, have each service; the tables allow one."""
        return Counter(service_of(record) for record in self.records(KINDS["lane"]).values())

    def lane_like(self, record: Record) -> Key | None:
        """The lane that has the same service already, retired or not."""
        wanted = service_of(record)
        if not self.services[wanted]:
            return None
        return next(key for key, row in self.records(KINDS["lane"]).items() if service_of(row) == wanted)

    def retire(self, kind: Kind, key: Key) -> None:
        self.retired(kind).add(key)


def read(kind: Kind, key: Key | None = None) -> tuple[dict[Key, Record], set[Key]]:
    """Records of a kind from the tables, and which of them are retired; one record with `key`."""
    columns = ", ".join(kind.column(field.name) for field in kind.fields)
    retired = "retired_at IS NOT NULL" if kind.retirable else "false"
    where = f"WHERE {kind.key} = %(key)s" if key is not None else ""
    found: dict[Key, Record] = {}
    gone: set[Key] = set()
    query = f"SELECT {kind.key}, {retired}, {columns} FROM {kind.table} {where} ORDER BY {kind.key}"
    for own, is_retired, *values in rows(query, key=key):
        found[own] = {
            field.name: tuple(value) if isinstance(value, list) else value
            for field, value in zip(kind.fields, values, strict=True)
        }
        if is_retired:
            gone.add(own)
    for child in kind.children:
        groups = read_children(child, key)
        for own, record in found.items():
            record[child.name] = groups.get(own, ())
    return found, gone


def read_children(child: Child, key: Key | None) -> dict[Key, tuple[tuple[Any, ...], ...]]:
    columns = ", ".join(child_column(child, field.name) for field in child.fields)
    order = "position" if child.numbered else columns
    where = f"WHERE {child.parent} = %(key)s" if key is not None else ""
    groups: dict[Key, list[tuple[Any, ...]]] = defaultdict(list)
    for own, *values in rows(
        f"SELECT {child.parent}, {columns} FROM {child.table} {where} ORDER BY {child.parent}, {order}", key=key
    ):
        groups[own].append(tuple(values))
    return {own: tuple(values) for own, values in groups.items()}


def child_column(child: Child, name: str) -> str:
    field = next(field for field in child.fields if field.name == name)
    return f"{name}_id" if field.names else name


def shown(kind: Kind, record: Record) -> dict[str, str]:
    """A record as people read it, children in one line each."""
    texts = {field.name: field.show(record[field.name]) for field in kind.fields}
    return texts | {child.name: show_rows(child, record[child.name]) for child in kind.children}


def show_rows(child: Child, values: Iterable[tuple[Any, ...]]) -> str:
    lines = []
    for row in values:
        texts = [field.show(value) for field, value in zip(child.fields, row, strict=True)]
        lines.append(" ".join(text or "–" for text in texts))
    return "; ".join(lines)


def differences(kind: Kind, before: Record | None, after: Record) -> dict[str, tuple[str, str]]:
    """What a change changes, as texts: {field: (before, after)}."""
    new = shown(kind, after)
    old = shown(kind, before) if before is not None else dict.fromkeys(new, "")
    return {name: (old[name], text) for name, text in new.items() if old[name] != text}

"""From texts to a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dispatch.parts.checks import Fault
from dispatch.parts.kinds import Child, Kind
from dispatch.parts.world import Record

Texts = Mapping[str, Any]  # {field: text} and {child: [{field: text}, …]}


def record_of(kind: Kind, texts: Texts, before: Record | None = None) -> tuple[Record, list[Fault]]:
    """The record that `texts` describe, and what cannot be read. What they leave out stays as `before`, or blank."""
    record: Record = {}
    faults: list[Fault] = []
    for field in kind.fields:
        if field.name not in texts and before is not None:
            record[field.name] = before[field.name]
            continue
        try:
            record[field.name] = field.value(str(texts.get(field.name) or ""))
        except ValueError as error:
            faults.append(Fault(field.name, str(error)))
            record[field.name] = None
    for child in kind.children:
        if child.name not in texts:
            record[child.name] = before[child.name] if before is not None else ()
            continue
        values, wrong = child_rows(child, texts[child.name])
        record[child.name] = values
        faults += wrong
    return record, faults


def child_rows(child: Child, rows: Sequence[Texts]) -> tuple[tuple[tuple[Any, ...], ...], list[Fault]]:
    """The rows of a child in their own sequence; those without one sorted, so that equal sets are equal."""
    found: list[tuple[Any, ...]] = []
    faults: list[Fault] = []
    for number, texts in enumerate(rows):
        row = []
        for field in child.fields:
            try:
                row.append(field.value(str(texts.get(field.name) or "")))
            except ValueError as error:
                faults.append(Fault(field.name, str(error), child.name, number))
                row.append(None)
        found.append(tuple(row))
    if not child.numbered and not faults:
        found.sort(key=lambda row: tuple((value is None, value) for value in row))
    return tuple(found), faults


def texts_of(kind: Kind, record: Record) -> dict[str, Any]:
    """A record as texts that `record_of` reads back to the same record."""
    texts: dict[str, Any] = {field.name: field.show(record[field.name]) for field in kind.fields}
    for child in kind.children:
        texts[child.name] = [
            {field.name: field.show(value) for field, value in zip(child.fields, row, strict=True)}
            for row in record[child.name]
        ]
    return texts

"""What a file would change: every value before and after, and what is wrong cell by cell. Writes nothing."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from dispatch.parts.checks import Fault, check, references
from dispatch.parts.kinds import KINDS, Kind
from dispatch.parts.reading import record_of
from dispatch.parts.sheets import Book, CellFault, Row, Sheet
from dispatch.parts.world import Key, Record, World, differences

ADD, CHANGE, RETIRE = "add", "change", "retire"


@dataclass(frozen=True)
class Change:
    """One thing that changes; `fields` is {field: (before, after)}."""

    kind: str
    key: Key
    action: str
    title: str
    fields: dict[str, tuple[str, str]]


@dataclass
class Plan:
    """What would be written by kind, and what that changes. `faults` keep it from being applied."""

    changes: list[Change] = field(default_factory=list)
    faults: list[CellFault] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    inserts: dict[str, list[Record]] = field(default_factory=dict)
    updates: dict[str, dict[Key, Record]] = field(default_factory=dict)
    retires: dict[str, list[Key]] = field(default_factory=dict)

    @property
    def counts(self) -> Counter[str]:
        return Counter(change.action for change in self.changes)

    @property
    def digest(self) -> str:
        """The same for plans that write the same: what is confirmed must be what was shown."""
        lines = [[change.kind, str(change.key), change.action, change.fields] for change in self.changes]
        return hashlib.sha256(json.dumps(lines, ensure_ascii=False, sort_keys=True).encode()).hexdigest()

    @property
    def ready(self) -> bool:
        return bool(self.changes) and not self.faults


class Planning:
    """One pass over a book, kind by kind in the sequence in which they refer to each other."""

    def __init__(self, book: Book, world: World, *, complete: bool) -> None:
        self.book, self.world, self.complete = book, world, complete
        self.plan = Plan(faults=list(book.faults), ignored=list(book.ignored))
        self.before: dict[str, dict[Key, Record]] = {}
        self.was_retired: dict[str, set[Key]] = {}
        self.rows: dict[tuple[str, Key], Row | None] = {}  # where each thing stands in the file
        self.child_rows: dict[tuple[str, str, Key], list[Row]] = {}

    def run(self) -> Plan:
        for kind in KINDS.values():
            names = [f"{kind.name}s", *(child.name for child in kind.children)]
            if any(name in self.book.sheets for name in names):
                self.before[kind.name] = dict(self.world.records(kind))
                self.was_retired[kind.name] = set(self.world.retired(kind))
                self.take(kind)
        for kind in KINDS.values():
            if kind.name in self.before:
                self.compare(kind)
        return self.plan

    def fail(self, sheet: Sheet | None, name: str, row: Row | None, column: str, message: str) -> None:
        """A fault in a cell, or in the row when the file lacks the column."""
        at = "" if row is None else f"{sheet.letters.get(column, '') if sheet else ''}{row.number}"
        value = row.cells.get(column, "") if row else ""
        if row is not None and sheet is not None and column not in sheet.letters:
            message = _("The column “%(column)s” is missing. %(fault)s") % {"column": column, "fault": message}
        self.plan.faults.append(CellFault(name, at, message, value[:60]))

    def take(self, kind: Kind) -> None:
        sheet = self.book.sheets.get(f"{kind.name}s")
        children = self.children_by_parent(kind)
        mentioned: dict[Key, Row | None] = {}
        for row in sheet.rows if sheet else []:
            key = self.key_of(kind, sheet, row)
            if key is None:
                continue
            if key in mentioned:
                self.fail(sheet, f"{kind.name}s", row, self.key_column(kind), _("This stands in the sheet twice."))
                continue
            mentioned[key] = row
        for key in children:
            if key not in mentioned:
                if key in self.world.in_use(kind) and not (self.complete and sheet is not None):
                    mentioned[key] = None
                else:
                    self.strange_parent(kind, key)
        for key, place in mentioned.items():
            self.take_one(kind, sheet, key, place, children.get(key, {}))
        if self.complete and sheet is not None and kind.retirable:
            for key in [key for key in self.world.in_use(kind) if key not in mentioned]:
                self.world.retire(kind, key)
                self.plan.retires.setdefault(kind.name, []).append(key)

    def key_column(self, kind: Kind) -> str:
        return kind.name if kind.numbered else kind.key

    def key_of(self, kind: Kind, sheet: Sheet | None, row: Row) -> Key | None:
        text = row.cells.get(self.key_column(kind), "")
        if not kind.numbered:
            if not text:
                self.fail(sheet, f"{kind.name}s", row, kind.key, _("This must be filled in."))
                return None
            return text
        if text.isascii() and text.isdigit():
            if len(text) < 19 and int(text) in self.world.records(kind):
                return int(text)
            message = _("There is no lane of this number; leave it blank for a new one.")
            self.fail(sheet, f"{kind.name}s", row, kind.name, message)
            return None
        record, faults = record_of(kind, row.cells)
        same = None if faults else self.world.lane_like(record)
        return same if same is not None else f"+{text or row.number}"

    def children_by_parent(self, kind: Kind) -> dict[Key, dict[str, list[Row]]]:
        found: dict[Key, dict[str, list[Row]]] = {}
        for child in kind.children:
            sheet = self.book.sheets.get(child.name)
            for row in sheet.rows if sheet else []:
                text = row.cells.get(kind.name, "")
                if not text:
                    self.fail(sheet, child.name, row, kind.name, _("This must be filled in."))
                    continue
                number = kind.numbered and text.isascii() and text.isdigit() and len(text) < 19
                key: Key = int(text) if number else f"+{text}" if kind.numbered else text
                found.setdefault(key, {}).setdefault(child.name, []).append(row)
                self.child_rows.setdefault((kind.name, child.name, key), []).append(row)
        return found

    def strange_parent(self, kind: Kind, key: Key) -> None:
        message = _("Neither the network nor the file has this.")
        for child in kind.children:
            for row in self.child_rows.get((kind.name, child.name, key), []):
                self.fail(self.book.sheets[child.name], child.name, row, kind.name, message)

    def take_one(
        self, kind: Kind, sheet: Sheet | None, key: Key, row: Row | None, children: dict[str, list[Row]]
    ) -> None:
        before = self.before[kind.name].get(key)
        texts: dict[str, Any] = dict(row.cells) if row else {}
        for child in kind.children:
            if child.name in children:
                texts[child.name] = [line.cells for line in children[child.name]]
            elif self.complete and child.name in self.book.sheets:
                texts[child.name] = []
        record, faults = record_of(kind, texts, before)
        self.rows[kind.name, key] = row
        if faults:
            self.tell(kind, key, [*faults, *references(kind, record, self.world)])
        else:
            self.world.put(kind, key, record)

    def tell(self, kind: Kind, key: Key, faults: list[Fault]) -> None:
        for fault in faults:
            if fault.child:
                rows = self.child_rows.get((kind.name, fault.child, key), [])
                row = rows[min(fault.row, len(rows) - 1)] if rows else None
                self.fail(self.book.sheets.get(fault.child), fault.child, row, fault.field, fault.message)
            else:
                name = f"{kind.name}s"
                self.fail(self.book.sheets.get(name), name, self.rows.get((kind.name, key)), fault.field, fault.message)

    def compare(self, kind: Kind) -> None:
        before, gone = self.before[kind.name], self.was_retired[kind.name]
        for owner, key in self.rows:
            record = self.world.records(kind).get(key) if owner == kind.name else None
            if record is None:
                continue
            old = before.get(key)
            new = old is None or key in gone
            changed = differences(kind, None if new else old, record)
            if not changed:
                continue
            self.tell(kind, key, check(kind, key, record, self.world))
            self.plan.changes.append(Change(kind.name, key, ADD if new else CHANGE, title_of(kind, record), changed))
            if old is None:
                self.plan.inserts.setdefault(kind.name, []).append(record)
            else:
                self.plan.updates.setdefault(kind.name, {})[key] = record
        for key in self.plan.retires.get(kind.name, []):
            self.plan.changes.append(Change(kind.name, key, RETIRE, title_of(kind, before[key]), {}))


def title_of(kind: Kind, record: Record) -> str:
    """What a thing is called in a list of changes."""
    if kind.numbered:
        return f"{record['warehouse']} → {record['region']} · {record['carrier']} · {record['service_level']}"
    name = record.get("name") or ""
    return f"{record[kind.key]} {name}".strip()

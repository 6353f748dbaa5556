"""The plain data of a preview."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.functional import Promise

Action = Literal["create", "change", "same"]


@dataclass(frozen=True)
class Column:
    """One column of a sheet: its code, its label, the other headings it goes by, and what to write in it."""

    code: str
    label: str | Promise
    aliases: tuple[str, ...] = ()
    required: bool = False
    note: str | Promise = ""
    free_text: bool = True
    longest: int = 60


@dataclass(frozen=True)
class CellError:
    """Something wrong in one cell (or in a whole row when `column` is blank), and what to do about it."""

    row: int
    column: str
    message: str
    value: str = ""


@dataclass(frozen=True)
class Change:
    """One value that would change, as people read it."""

    label: str
    old: str
    new: str


@dataclass(frozen=True)
class Line:
    """What one row would do. `data` is what is written; `changes` is what people are shown."""

    row: int
    action: Action
    title: str
    data: dict[str, Any]
    changes: tuple[Change, ...] = ()


@dataclass
class Row:
    """A row of the sheet by column code; blank cells are blank texts."""

    number: int
    cells: dict[str, str]
    preview: Preview
    columns: dict[str, Column]

    def __getitem__(self, code: str) -> str:
        return self.cells.get(code, "")

    def fail(self, code: str, message: object) -> None:
        label = str(self.columns[code].label) if code else ""
        self.preview.errors.append(CellError(self.number, label, str(message), self[code] if code else ""))


@dataclass
class Preview:
    """The whole plan of a file."""

    kind: str
    lines: list[Line] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    @property
    def counts(self) -> Counter[str]:
        return Counter(line.action for line in self.lines)

    @property
    def created(self) -> int:
        return self.counts["create"]

    @property
    def changed(self) -> int:
        return self.counts["change"]

    @property
    def same(self) -> int:
        return self.counts["same"]

    @property
    def failed_rows(self) -> int:
        return len({error.row for error in self.errors})

    @property
    def ready(self) -> bool:
        return not self.errors and bool(self.created or self.changed)

    @property
    def digest(self) -> str:
        """The same for two plans that would write the same: what is confirmed must be what was shown."""
        plan = [
            [line.row, line.action, line.data, [[change.label, change.old] for change in line.changes]]
            for line in self.lines
        ]
        text = json.dumps([self.kind, plan], ensure_ascii=False, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

"""Rows that people add to a form: `<prefix>` lists their ids, `<prefix>-<id>-<field>` holds the values."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.http import QueryDict

ROW_ID = re.compile(r"[A-Za-z0-9_-]{1,40}\Z")
MOST_ROWS = 120


@dataclass(frozen=True)
class TypedRow:
    """One row as it was typed. `number` counts from 0 in the order on the page."""

    data: QueryDict
    prefix: str
    id: str
    number: int

    def text(self, field: str) -> str:
        return str(self.data.get(f"{self.prefix}-{self.id}-{field}", "")).replace("\x00", "").strip()

    def many(self, field: str) -> list[str]:
        return [str(value) for value in self.data.getlist(f"{self.prefix}-{self.id}-{field}") if value]

    def ticked(self, field: str) -> bool:
        return f"{self.prefix}-{self.id}-{field}" in self.data

    def whole(self, field: str) -> int | str | None:
        """A whole number; what is none stays the text it is, to be refused with its row."""
        value = self.text(field)
        if not value:
            return None
        return int(value) if re.fullmatch(r"-?\d{1,12}", value) else value

    def figure(self, field: str, *, divided_by: int = 1) -> float | str | None:
        """A number, with divided_by=100 a percentage; what is none stays the text it is."""
        value = self.text(field).replace(",", "").replace("，", "")
        if not value:
            return None
        if not re.fullmatch(r"-?\d{1,13}(\.\d{1,6})?", value):
            return value
        number = round(float(value) / divided_by, 6)
        return int(number) if number.is_integer() else number


def typed_rows(data: QueryDict, prefix: str) -> list[TypedRow]:
    ids = [value for value in data.getlist(prefix) if ROW_ID.match(str(value))][:MOST_ROWS]
    return [TypedRow(data, prefix, str(value), number) for number, value in enumerate(dict.fromkeys(ids))]


def shown(value: object, times: int = 1) -> str:
    """A stored figure as it is typed: 0.15 as "15" with times=100, 300000.0 as "300000"."""
    if value is None or isinstance(value, str):
        return value or ""
    text = f"{round(float(value) * times, 6):f}"  # type: ignore[arg-type]
    return text.rstrip("0").rstrip(".") if "." in text else text

"""What a page is made of: facts, text, tables and lines to write on. Plain data, so that it can be set in any way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Block:
    """`kind` is facts ([label, value] rows), text (paragraphs), table or lines (blank ones to write on).

    `widths` are shares of a table's columns; `ticks` puts a box to tick before each row.
    """

    kind: str
    title: str = ""
    head: list[str] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    text: str = ""
    ticks: bool = False
    blank: int = 0
    roomy: bool = False

    @property
    def blank_lines(self) -> range:
        return range(self.blank)

    def plain(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Sheet:
    """One form: its code (ICS 201), its name and its blocks. It begins a page."""

    form: str
    title: str
    blocks: list[Block]

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def facts(rows: Sequence[tuple[str, object]], title: str = "") -> Block:
    """Only what is known is printed."""
    return Block("facts", title, rows=[[label, str(value)] for label, value in rows if value not in (None, "")])


def text(title: str, words: str) -> Block:
    return Block("text", title, text=words.strip())


def table(
    title: str,
    head: list[str],
    widths: list[float],
    rows: Sequence[Sequence[object]],
    *,
    ticks: bool = False,
    blank: int = 0,
    roomy: bool = False,
) -> Block:
    """`blank` rows stand below the others, to go on by hand; `roomy` ones leave space to write in each."""
    shown = [["" if value is None else str(value) for value in row] for row in rows]
    return Block("table", title, head, widths, shown, ticks=ticks, blank=blank, roomy=roomy)

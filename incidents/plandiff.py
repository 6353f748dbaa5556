"""What differs between two versions of a plan. Pure: takes two contents as plain data, no database, no clock.

A content is {"texts": {field: text}, "measures": [{"code", …}], "contacts": [{"name", …}], "supplies": [{"item",
"quantity"}], "legal_clocks": [code], "auto_start": bool, "auto_conditions": [{"indicator", "at_least"}]}.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher
from typing import Any

SAME, ADDED, REMOVED, CHANGED = "same", "added", "removed", "changed"
Content = Mapping[str, Any]


@dataclass(frozen=True)
class Pair:
    """A thing before and after; None where it was or is not."""

    change: str
    before: Any
    after: Any


@dataclass(frozen=True)
class TextChange:
    """A text, paragraph by paragraph."""

    field: str
    paragraphs: list[Pair]


@dataclass(frozen=True)
class FieldChange:
    field: str
    before: Any
    after: Any


@dataclass(frozen=True)
class MeasureChange:
    """A measure that was added, removed or changed; `fields` says how (all of them for a new or a removed one)."""

    code: str
    change: str
    name: str
    name_en: str
    fields: list[FieldChange]


@dataclass(frozen=True)
class Difference:
    texts: list[TextChange] = field(default_factory=list)
    measures: list[MeasureChange] = field(default_factory=list)
    reordered: bool = False
    contacts: list[Pair] = field(default_factory=list)
    supplies: list[Pair] = field(default_factory=list)
    legal_clocks: list[Pair] = field(default_factory=list)
    auto: list[Pair] = field(default_factory=list)

    @property
    def nothing(self) -> bool:
        return self == Difference()

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def compare(before: Content, after: Content) -> Difference:
    """Everything that changed from one content to the other, in the order of the later one."""
    return Difference(
        texts=text_changes(before["texts"], after["texts"]),
        measures=measure_changes(before["measures"], after["measures"]),
        reordered=reordered(before["measures"], after["measures"]),
        contacts=pairs_by("name", before["contacts"], after["contacts"]),
        supplies=pairs_by("item", before["supplies"], after["supplies"]),
        legal_clocks=set_changes(before["legal_clocks"], after["legal_clocks"]),
        auto=auto_changes(before, after),
    )


def paragraphs(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def text_changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[TextChange]:
    found = []
    for name in dict.fromkeys([*before, *after]):
        one, other = before.get(name, ""), after.get(name, "")
        if paragraphs(one) != paragraphs(other):
            found.append(TextChange(name, paragraph_pairs(paragraphs(one), paragraphs(other))))
    return found


def paragraph_pairs(before: Sequence[str], after: Sequence[str]) -> list[Pair]:
    """Paragraphs side by side; those that are alike, though not equal, stand beside each other as changed."""
    rows: list[Pair] = []
    for kind, a, b, c, d in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if kind == "equal":
            rows += [Pair(SAME, text, text) for text in before[a:b]]
            continue
        olds, news = list(before[a:b]), list(after[c:d])
        both = min(len(olds), len(news))
        rows += [Pair(CHANGED, old, new) for old, new in zip(olds[:both], news[:both], strict=True)]
        rows += [Pair(REMOVED, old, None) for old in olds[both:]]
        rows += [Pair(ADDED, None, new) for new in news[both:]]
    return rows


def measure_changes(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[MeasureChange]:
    """By code: those of the later version in its order, then those that are gone."""
    olds = {row["code"]: row for row in before}
    news = {row["code"]: row for row in after}
    found = []
    for code, new in news.items():
        old = olds.get(code)
        fields = field_changes(old or {}, new)
        if fields:
            found.append(measure_change(new, CHANGED if old is not None else ADDED, fields))
    for code, old in olds.items():
        if code not in news:
            found.append(measure_change(old, REMOVED, field_changes(old, {})))
    return found


def measure_change(row: Mapping[str, Any], change: str, fields: list[FieldChange]) -> MeasureChange:
    return MeasureChange(row["code"], change, row.get("name", ""), row.get("name_en", ""), fields)


def field_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[FieldChange]:
    """Fields with another value, `order` and `code` aside; what is empty on both sides says nothing."""
    empty: tuple[Any, ...] = (None, "", [], {}, False)
    return [
        FieldChange(name, old.get(name), new.get(name))
        for name in dict.fromkeys([*old, *new])
        if name not in {"code", "order"}
        and old.get(name) != new.get(name)
        and not (old.get(name) in empty and new.get(name) in empty)
    ]


def reordered(before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the measures that both versions have stand in another order."""
    olds, news = [row["code"] for row in before], [row["code"] for row in after]
    return [code for code in olds if code in news] != [code for code in news if code in olds]


def pairs_by(key: str, before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]]) -> list[Pair]:
    olds = {row.get(key): dict(row) for row in before}
    news = {row.get(key): dict(row) for row in after}
    found = [Pair(ADDED, None, new) for name, new in news.items() if name not in olds]
    found += [Pair(CHANGED, olds[name], new) for name, new in news.items() if name in olds and olds[name] != new]
    found += [Pair(REMOVED, old, None) for name, old in olds.items() if name not in news]
    return found


def set_changes(before: Sequence[str], after: Sequence[str]) -> list[Pair]:
    found = [Pair(ADDED, None, code) for code in after if code not in before]
    return found + [Pair(REMOVED, code, None) for code in before if code not in after]


def auto_changes(before: Content, after: Content) -> list[Pair]:
    found = []
    if bool(before.get("auto_start")) != bool(after.get("auto_start")):
        found.append(Pair(CHANGED, bool(before.get("auto_start")), bool(after.get("auto_start"))))
    return found + pairs_by("indicator", before.get("auto_conditions", []), after.get("auto_conditions", []))

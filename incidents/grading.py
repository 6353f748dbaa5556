"""The severity matrix applied: pure arithmetic, no database, no clock.

The highest indicator wins. A figure that nobody knows (None, or missing) does not count; what is not known to be bad
is not assumed to be good either: the result says which indicators were missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

MOST_SEVERE, LEAST_SEVERE = 1, 4
ROMAN = {1: "Ⅰ", 2: "Ⅱ", 3: "Ⅲ", 4: "Ⅳ"}


class BadIndicator(ValueError):
    """A figure that is not a number of zero or more, or that the matrix does not know."""


@dataclass(frozen=True)
class Row:
    """One indicator of the matrix: `at_least[level]` is the figure from which on that level holds."""

    code: str
    unit: str
    at_least: Mapping[int, Decimal]
    name: str = ""


@dataclass(frozen=True)
class Grade:
    """The level, and the indicator, its figure and the threshold that decided; those are None when none was reached."""

    level: int
    indicator: str | None
    value: Decimal | None
    threshold: Decimal | None
    missing: tuple[str, ...]
    sentence: str


def number(code: str, value: object) -> Decimal:
    """The figure as a Decimal; raises BadIndicator for anything that is not a number of zero or more."""
    try:
        if isinstance(value, bool):
            raise BadIndicator(f"{code} must be a number, not {value!r}")
        result = Decimal(str(value))
    except InvalidOperation as error:
        raise BadIndicator(f"{code} must be a number, not {value!r}") from error
    if not result.is_finite() or result < 0 or result >= Decimal(10) ** 13:
        raise BadIndicator(f"{code} must be between 0 and 10¹³, not {value!r}")
    return result


def grade(matrix: Sequence[Row], figures: Mapping[str, object]) -> Grade:
    """Apply the matrix: the most severe level that any figure reaches, Ⅳ when none reaches one.

    Of several indicators that reach the same level, the one furthest above its threshold is named. Raises BadIndicator.
    """
    known = {row.code for row in matrix}
    unknown = sorted(set(figures) - known)
    if unknown:
        raise BadIndicator(f"the severity matrix has no indicator {', '.join(unknown)}")
    best: tuple[int, Decimal, Row, Decimal, Decimal] | None = None
    missing = []
    for row in matrix:
        given = figures.get(row.code)
        if given is None:
            missing.append(row.code)
            continue
        value = number(row.code, given)
        reached = [(level, limit) for level, limit in sorted(row.at_least.items()) if value >= limit]
        if not reached:
            continue
        level, limit = reached[0]
        excess = value / limit if limit else value + 1
        if best is None or (level, -excess) < (best[0], -best[1]):
            best = (level, excess, row, value, limit)
    if best is None:
        return Grade(LEAST_SEVERE, None, None, None, tuple(missing), f"{ROMAN[LEAST_SEVERE]}: no threshold is reached")
    level, _excess, row, value, limit = best
    text = f"{ROMAN[level]}: {row.name or row.code} {figure(value, row.unit)} ≥ {figure(limit, row.unit)}"
    return Grade(level, row.code, value, limit, tuple(missing), text)


def figure(value: Decimal, unit: str) -> str:
    """A figure with its unit's notation: 17 %, 10,000, ¥500,000."""
    if unit == "share":
        return f"{trimmed(value * 100)} %"
    return f"¥{trimmed(value)}" if unit == "money" else trimmed(value)


def trimmed(value: Decimal) -> str:
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

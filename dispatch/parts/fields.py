"""Fields: from a text to a value and back. No database."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Any

from django.db.models import Choices
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from dispatch.network_files import NUMBER, THOUSANDS, UNSTORABLE

YES = {"yes", "y", "true", "1", "是", "有", "√"}
NO = {"no", "n", "false", "0", "否", "无", ""}
EVERY_DAY = "1234567"


@dataclass(frozen=True)
class Field:
    """One value of a thing. `read` raises ValueError with what to do; `names` is the kind of thing it refers to.

    `most` and `step` only help forms; `read` is the rule.
    """

    name: str
    label: str | Promise
    read: Callable[[str], Any]
    show: Callable[[Any], str]
    required: bool = False
    names: str = ""
    choices: type[Choices] | None = None
    kind: str = "text"  # how a form asks for it: text, number, decimal, yes, time, date, choice, thing
    note: str | Promise = ""

    def value(self, text: str) -> Any:
        """The value of a text. Raises ValueError."""
        text = text.strip()
        if self.required and not text:
            raise ValueError(_("This must be filled in."))
        return self.read(text)


def plain(value: Any) -> str:
    return "" if value is None else str(value)


def text(longest: int) -> Callable[[str], str]:
    def read(given: str) -> str:
        if len(given) > longest:
            raise ValueError(_("Write at most %(most)s characters.") % {"most": longest})
        if UNSTORABLE.search(given):
            raise ValueError(_("The text holds control characters; type it again."))
        return given

    return read


def code(given: str) -> str:
    if not re.fullmatch(r"[\w.:-]{1,32}", given):
        raise ValueError(_("A code is 1 to 32 letters, digits, dots, colons, dashes or underscores."))
    return given


def code_or_none(given: str) -> str | None:
    return code(given) if given else None


def exact(given: str) -> Decimal:
    if THOUSANDS.fullmatch(given):
        given = given.replace(",", "")
    if not NUMBER.fullmatch(given) or len(given) > 40:
        raise ValueError(_("This is not a number."))
    return Decimal(given)


def decimal(given: str) -> Decimal:
    value = exact(given or "0")
    if not 0 <= value < 10**12:
        raise ValueError(_("Write a number that is not negative."))
    return value


def decimal_or_none(given: str) -> Decimal | None:
    return decimal(given) if given else None


def whole(least: int, most: int) -> Callable[[str], int]:
    def read(given: str) -> int:
        value = exact(given or str(least))
        if value != int(value) or not least <= value <= most:
            raise ValueError(_("Write a whole number from %(least)s to %(most)s.") % {"least": least, "most": most})
        return int(value)

    return read


def whole_or_none(least: int, most: int) -> Callable[[str], int | None]:
    read = whole(least, most)
    return lambda given: read(given) if given else None


def between(least: float, most: float, *, blank: float | None = None) -> Callable[[str], float | None]:
    def read(given: str) -> float | None:
        if not given:
            return blank
        value = float(exact(given))
        if not least <= value <= most:
            raise ValueError(_("Write a number from %(least)s to %(most)s.") % {"least": least, "most": most})
        return value

    return read


def show_number(value: Any) -> str:
    """Without an exponent and without zeros that say nothing; equal values look the same."""
    if value is None:
        return ""
    written = format(Decimal(str(value)), "f")
    return (written.rstrip("0").rstrip(".") if "." in written else written) or "0"


def yes_no(given: str) -> bool:
    folded = given.casefold()
    if folded not in YES | NO:
        raise ValueError(_("Write yes or no."))
    return folded in YES


def show_yes(value: Any) -> str:
    return "yes" if value else "no"


def choice(choices: type[Choices], *, blank: bool = False) -> Callable[[str], str]:
    def read(given: str) -> str:
        if not given and blank:
            return ""
        for value, label in choices.choices:
            if given.casefold() in (str(value).casefold(), str(label).casefold()):
                return str(value)
        raise ValueError(_("Write one of: %(known)s.") % {"known": " / ".join(map(str, choices.labels))})

    return read


def at_time(given: str) -> time | None:
    if not given:
        return None
    try:
        return time.fromisoformat(given.zfill(5) if len(given) < 6 else given)
    except ValueError:
        raise ValueError(_("Write a time such as 18:00.")) from None


def show_time(value: time | None) -> str:
    return "" if value is None else f"{value:%H:%M}" if not value.second else f"{value:%H:%M:%S}"


def day(given: str) -> date:
    try:
        return date.fromisoformat(given[:10])
    except ValueError:
        raise ValueError(_("Write a date such as 2026-11-20.")) from None


def day_or_none(given: str) -> date | None:
    return day(given) if given else None


def weekdays(given: str) -> tuple[int, ...]:
    """ "12345", "1-5" or "1,2,6" → the days of the week, 1 for Monday."""
    spread = re.sub(r"([1-7])\s*[-–]\s*([1-7])", lambda m: EVERY_DAY[int(m[1]) - 1 : int(m[2])], given or EVERY_DAY)
    digits = re.sub(r"[,;、\s]", "", spread)
    if not re.fullmatch(r"[1-7]+", digits):
        raise ValueError(_("Write the days of the week as digits, 1 for Monday: 12345."))
    return tuple(sorted({int(digit) for digit in digits}))


def show_weekdays(value: Any) -> str:
    return "".join(str(number) for number in value or ())

"""Which part of the affected a notice is for. Pure: no database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from journal.refusal import Invalid

CHANNELS = ("wechat", "push", "sms", "email")
MOST_REGIONS, MOST_TIERS = 200, 20
HIGHEST_VALUE = Decimal(10) ** 9
HIGHEST_PRIORITY = 9


class BadFilter(Invalid):
    """A filter that cannot be read; `extra["field"]` names it."""


@dataclass(frozen=True)
class Filters:
    """Everything blank: everybody affected.

    `regions` are codes, each with what lies inside it; `at_risk` keeps orders promised for before the notice's new
    estimate; `priority` is the lowest one of an order; `value_from` and `value_to` are yuan, inclusive. With
    `skip_told` people who were lately told of another matter are left out.
    """

    regions: tuple[str, ...] = ()
    at_risk: bool = False
    tiers: tuple[str, ...] = ()
    priority: int = 0
    channels: tuple[str, ...] = ()
    value_from: Decimal | None = None
    value_to: Decimal | None = None
    skip_told: bool = False

    def to_json(self) -> dict[str, Any]:
        """What is set, as it is stored and as REST shows it."""
        found: dict[str, Any] = {
            "regions": list(self.regions),
            "at_risk": self.at_risk,
            "tiers": list(self.tiers),
            "priority": self.priority,
            "channels": list(self.channels),
            "value_from": None if self.value_from is None else str(self.value_from),
            "value_to": None if self.value_to is None else str(self.value_to),
            "skip_told": self.skip_told,
        }
        return {name: value for name, value in found.items() if value not in ([], False, 0, None)}


def read_filters(given: Mapping[str, Any]) -> Filters:
    """Raises BadFilter for an unknown name or a value of the wrong kind."""
    unknown = set(given) - set(Filters.__dataclass_fields__)
    if unknown:
        refuse(min(unknown))
    filters = Filters(
        regions=codes(given, "regions", MOST_REGIONS),
        at_risk=flag(given, "at_risk"),
        tiers=codes(given, "tiers", MOST_TIERS),
        priority=whole(given, "priority"),
        channels=codes(given, "channels", len(CHANNELS)),
        value_from=money(given, "value_from"),
        value_to=money(given, "value_to"),
        skip_told=flag(given, "skip_told"),
    )
    if not set(filters.channels) <= set(CHANNELS):
        refuse("channels")
    if filters.value_from is not None and filters.value_to is not None and filters.value_from > filters.value_to:
        refuse("value_to")
    return filters


def refuse(field: str) -> None:
    raise BadFilter(_("The filter %(field)s cannot be read.") % {"field": field}, field=field)


def codes(given: Mapping[str, Any], name: str, most: int) -> tuple[str, ...]:
    value = given.get(name) or []
    if not isinstance(value, (list, tuple)) or len(value) > most:
        refuse(name)
    for code in value:
        if not isinstance(code, str) or not 0 < len(code) <= 32 or "\x00" in code:
            refuse(name)
    return tuple(dict.fromkeys(value))


def flag(given: Mapping[str, Any], name: str) -> bool:
    value = given.get(name, False)
    if not isinstance(value, bool):
        refuse(name)
    return bool(value)


def whole(given: Mapping[str, Any], name: str) -> int:
    value = given.get(name) or 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= HIGHEST_PRIORITY:
        refuse(name)
    return int(value)


def money(given: Mapping[str, Any], name: str) -> Decimal | None:
    value = given.get(name)
    if value is None or value == "":
        return None
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= HIGHEST_VALUE:
        refuse(name)
    return amount.quantize(Decimal("0.01"))

"""Whether an order that no warehouse can serve alone could leave in parts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from dispatch.models import Warehouse


@dataclass(frozen=True)
class Part:
    """What one warehouse could send: units by product."""

    warehouse: str
    label: str
    units: dict[str, int]


def parts_of(
    needs: Mapping[str, int],
    houses: Collection[Warehouse],
    left: Mapping[tuple[str, str], int],
    scarce: Mapping[str, Collection[str]],
) -> list[Part]:
    """As few parts as a greedy choice finds, from `houses` that could serve the order had they its products; none when
    a product cannot be had. `left` are known units by warehouse and product, `scarce` [warehouse] the products whose
    last units the plan gives to others."""

    def has(house: Warehouse, product: str) -> bool:
        kept = house.full_assortment or any(row.product == product for row in house.products.all())
        enough = left.get((house.code, product), needs[product]) >= needs[product]
        return kept and enough and product not in scarce.get(house.code, ())

    able = {house.code: {product for product in needs if has(house, product)} for house in houses}
    named, missing, parts = {house.code: house.label for house in houses}, set(needs), []
    while missing and able:
        best = max(sorted(able), key=lambda code: len(able[code] & missing))
        found = able.pop(best) & missing
        if not found:
            return []
        missing -= found
        parts.append(Part(best, named[best], {product: needs[product] for product in sorted(found)}))
    return [] if missing else parts


def told(parts: Collection[Part]) -> str:
    """The same in a sentence; "" without at least two."""
    if len(parts) < 2:
        return ""
    each = [
        _("%(goods)s from %(warehouse)s")
        % {
            "goods": ", ".join(f"{product} × {units}" for product, units in part.units.items()),
            "warehouse": part.label,
        }
        for part in parts
    ]
    return _("It could leave in parts: %(parts)s. Only the order system can split it.") % {"parts": "; ".join(each)}

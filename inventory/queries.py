"""Reads of the stock ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, QuerySet

from dispatch.models import Warehouse
from inventory.models import Item, Stock


def plain(amount: Decimal) -> str:
    """12.000 → "12", 0.500 → "0.5"."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def warehouse_exists(code: str) -> bool:
    return "\x00" not in code and Warehouse.objects.filter(code=code).exists()


@dataclass(frozen=True)
class StockShortage:
    """A stock below its par."""

    warehouse: str
    item: Item
    on_hand: Decimal
    par: Decimal

    @property
    def missing(self) -> Decimal:
        return self.par - self.on_hand


def stock(warehouse_codes: Iterable[str] | None = None) -> QuerySet[Stock]:
    """Stock rows with their items; of all warehouses, or of these."""
    rows = Stock.objects.select_related("item").order_by("warehouse_code", "item__rank", "item__code")
    return rows if warehouse_codes is None else rows.filter(warehouse_code__in=list(warehouse_codes))


def shortages(warehouse_codes: Iterable[str] | None = None) -> list[StockShortage]:
    """Every stock below its par, the emptiest share first."""
    rows = stock(warehouse_codes).filter(quantity__lt=F("par"))
    found = [StockShortage(row.warehouse_code, row.item, row.quantity, row.par) for row in rows]
    return sorted(found, key=lambda row: (row.on_hand / row.par, row.warehouse, row.item.rank))

"""Reads of the stock ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from dispatch.models import Warehouse
from inventory.models import Item, Kind, Movement, Stock, SupplyIssue, SupplyLine
from journal.clock import now

ZERO = Decimal(0)


def plain(amount: Decimal) -> str:
    """12.000 → "12", 0.500 → "0.5"."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def warehouse_exists(code: str) -> bool:
    return "\x00" not in code and Warehouse.objects.filter(code=code).exists()


def stock(warehouse_codes: Iterable[str] | None = None) -> QuerySet[Stock]:
    """Stock rows with their items; of all warehouses, or of these."""
    rows = Stock.objects.select_related("item").order_by("warehouse_code", "item__rank", "item__code")
    return rows if warehouse_codes is None else rows.filter(warehouse_code__in=list(warehouse_codes))


def movements(
    *, warehouse: str = "", item: str = "", reference: str = "", exercise: int | None = None
) -> QuerySet[Movement]:
    """The ledger, newest first; real movements, or those of one exercise."""
    rows = Movement.objects.select_related("item", "reverses").filter(exercise=exercise).order_by("-id")
    wanted = Q()
    for field, value in (("warehouse_code", warehouse), ("item__code", item), ("reference", reference)):
        if value:
            wanted &= Q(**{field: value})
    return rows.filter(wanted)


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

    @property
    def share(self) -> float:
        return float(self.on_hand / self.par)


def shortages(warehouse_codes: Iterable[str] | None = None) -> list[StockShortage]:
    """Every stock below its par, the emptiest share first."""
    rows = stock(warehouse_codes).filter(quantity__lt=F("par"))
    found = [StockShortage(row.warehouse_code, row.item, row.quantity, row.par) for row in rows]
    return sorted(found, key=lambda row: (row.share, row.warehouse, row.item.rank))


@dataclass(frozen=True)
class SuppliesLine:
    """What a matter asked of one item at one warehouse, got, and gave back. `missing` could not be issued."""

    item: Item
    warehouse: str
    asked: Decimal
    issued: Decimal
    returned: Decimal

    @property
    def missing(self) -> Decimal:
        return max(self.asked - self.issued, ZERO)


def supplies_of(reference: str) -> list[SuppliesLine]:
    """What was issued to a matter, by call or by hand; and what is still short.

    `asked` is what was issued and what is still short together.
    """
    items = {item.pk: item for item in Item.objects.all()}
    moved: dict[tuple[str, int], dict[str, Decimal]] = {}
    rows = Movement.objects.filter(reference=reference)
    issued = rows.filter(Q(kind=Kind.ISSUE) | Q(kind=Kind.REVERSAL, reverses__kind=Kind.ISSUE))
    returned = rows.filter(Q(kind=Kind.RETURN) | Q(kind=Kind.REVERSAL, reverses__kind=Kind.RETURN))
    for name, sign, part in (("issued", -1, issued), ("returned", 1, returned)):
        for code, item, total in part.values_list("warehouse_code", "item_id").annotate(total=Sum("delta")):
            moved.setdefault((code, item), {})[name] = sign * total
    short = still_short(reference)
    keys = sorted({*moved, *short}, key=lambda key: (key[0], items[key[1]].rank, items[key[1]].code))
    found = []
    for key in keys:
        out = moved.get(key, {}).get("issued", ZERO)
        back = moved.get(key, {}).get("returned", ZERO)
        found.append(SuppliesLine(items[key[1]], key[0], out + short.get(key, ZERO), out, back))
    return found


def still_short(reference: str) -> dict[tuple[str, int], Decimal]:
    """(warehouse, item id) → what the calls for it lacked and no later call made up for."""
    short: dict[tuple[str, int], Decimal] = {}
    for line in SupplyLine.objects.filter(issue__reference=reference).select_related("issue"):
        change = -line.issued if line.issue.makes_up else line.asked - line.issued
        key = (line.warehouse_code, line.item_id)
        short[key] = short.get(key, ZERO) + change
    return {key: missing for key, missing in short.items() if missing > 0}


def exercise_of(reference: str) -> int | None:
    """The exercise whose supplies this matter draws, None when it is a real one."""
    issue = SupplyIssue.objects.filter(reference=reference).order_by("-id").first()
    return issue.exercise if issue else None


@dataclass(frozen=True)
class Readiness:
    """Stock lines that are ready (at par, in date, checked in time) of all lines with a par."""

    lines: int
    ready: int

    @property
    def share(self) -> float | None:
        return self.ready / self.lines if self.lines else None


def readiness(warehouse_codes: Iterable[str] | None = None) -> Readiness:
    """How ready the stock is, by lines: on hand at least par, not out of date, its check not overdue."""
    moment = now()
    today = timezone.localdate(moment)
    rows = list(stock(warehouse_codes).filter(par__gt=0))
    ready = sum(1 for row in rows if is_ready(row, moment, today))
    return Readiness(lines=len(rows), ready=ready)


def is_ready(row: Stock, moment: datetime, today: date) -> bool:
    in_date = row.expires_on is None or row.expires_on >= today
    return row.quantity >= row.par and in_date and row.check_due_at is not None and row.check_due_at >= moment


def on_hand(keys: Iterable[tuple[str, int]], reference: str) -> dict[tuple[str, int], Decimal]:
    """(warehouse, item id) → what this matter could still draw; an exercise sees real stock less its own issues."""
    wanted = set(keys)
    exercise = exercise_of(reference)
    own: dict[tuple[str, int], Decimal] = {}
    if exercise is not None:
        rows = Movement.objects.filter(exercise=exercise).values_list("warehouse_code", "item_id")
        own = {(code, item): total for code, item, total in rows.annotate(total=Sum("delta"))}
    found = {}
    for code, item, quantity in Stock.objects.filter(
        warehouse_code__in={code for code, _item in wanted}, item__in={item for _code, item in wanted}
    ).values_list("warehouse_code", "item_id", "quantity"):
        if (code, item) in wanted:
            found[code, item] = max(quantity + own.get((code, item), ZERO), ZERO)
    return found

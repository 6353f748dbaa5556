"""What every movement is checked against, and the refusals."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from django.db.models import Sum
from django.utils.translation import gettext as _

from inventory.models import Item, Kind, Movement, Stock
from inventory.queries import plain, warehouse_exists
from journal import clock
from journal.refusal import Invalid, Refusal

UNDO = timedelta(seconds=10)
UNDO_GRACE = timedelta(seconds=5)  # the way from a thumb to the server
OLDEST_LOG = timedelta(days=7)
LARGEST = Decimal(1_000_000)
THOUSANDTH = Decimal("0.001")
LONGEST_KEY = 100


class UnknownItem(Invalid):
    """No item has this code."""


class UnknownWarehouse(Invalid):
    """No warehouse has this code."""


class BadQuantity(Invalid):
    """Not a number, negative, zero where something must move, a fraction of a whole thing, or absurdly large."""


class BadKey(Invalid):
    """The idempotency key is missing or too long."""


class NotEnough(Refusal):
    """The stock holds less than that; nothing was booked. `on_hand` tells what there is."""


class KeyReused(Refusal):
    """This key belongs to another movement already."""


class MoreThanIssued(Refusal):
    """More is returned from a matter than was issued to it."""


class NothingMissing(Refusal):
    """Every call of the matter got what it asked for."""


class TooLateToUndo(Refusal):
    """The ten seconds are over; log a movement the other way instead."""


class NotYours(Refusal):
    """Only the one who logged a movement can undo it."""


def check_key(key: str) -> str:
    """The key as it is stored: apart from the house's own keys ("undo:7"). Raises BadKey."""
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise BadKey(_("Send an idempotency key of 1 to 100 printable characters."))
    return f"log:{key}"


def find_item(code: str) -> Item:
    item = Item.objects.filter(code=code).first() if isinstance(code, str) and "\x00" not in code else None
    if item is None:
        raise UnknownItem(_("There is no item %(code)s.") % {"code": str(code)[:32]}, item=str(code)[:32])
    return item


def checked_quantity(quantity: object, item: Item, *, zero: bool = False) -> Decimal:
    """A Decimal with at most three decimals, whole where the item is; raises BadQuantity."""
    text = str(quantity).strip()
    try:
        amount = Decimal(text) if len(text) <= 20 and not isinstance(quantity, bool) else Decimal("NaN")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0 or amount > LARGEST:
        raise BadQuantity(_("Enter a number between 0 and 1,000,000."), item=item.code)
    if amount == 0 and not zero:
        raise BadQuantity(_("Enter a number above 0."), item=item.code)
    if amount != amount.quantize(Decimal(1) if item.whole else THOUSANDTH):
        message = (
            _("%(item)s is counted in whole %(unit)s.") if item.whole else _("At most three decimals, for %(item)s.")
        )
        raise BadQuantity(message % {"item": item.label, "unit": item.unit_label}, item=item.code)
    return amount


def lock_stock(item: Item, warehouse: str) -> Stock:
    """The stock row, made at need and locked until the transaction ends; raises UnknownWarehouse."""
    rows = Stock.objects.select_for_update().filter(item=item, warehouse_code=warehouse.replace("\x00", "")).order_by()
    stock = rows.first()
    if stock is None:
        if not warehouse_exists(warehouse):
            raise UnknownWarehouse(
                _("There is no warehouse %(code)s.") % {"code": warehouse[:32]}, warehouse=warehouse[:32]
            )
        Stock.objects.bulk_create([Stock(item=item, warehouse_code=warehouse)], ignore_conflicts=True)
        stock = rows.get()
    stock.item = item
    return stock


def available(stock: Stock, exercise: int | None) -> Decimal:
    """What there is to take: the real balance, or within an exercise that balance and the exercise's own movements."""
    if exercise is None:
        return stock.quantity
    own = Movement.objects.filter(exercise=exercise, item_id=stock.item_id, warehouse_code=stock.warehouse_code)
    return stock.quantity + (own.aggregate(total=Sum("delta"))["total"] or Decimal(0))


def delta_of(
    kind: str, amount: Decimal, on_hand: Decimal, *, stock: Stock, exercise: int | None, happened: datetime
) -> Decimal:
    if kind in {Kind.RECEIVE, Kind.RETURN}:
        return amount
    if kind in {Kind.ISSUE, Kind.WRITE_OFF}:
        return -amount
    if kind != Kind.COUNT:
        raise Invalid(_("Unknown kind of movement."))
    later = Movement.objects.filter(
        item_id=stock.item_id, warehouse_code=stock.warehouse_code, exercise=exercise, occurred_at__gt=happened
    )
    since = later.aggregate(total=Sum("delta"))["total"] or Decimal(0)
    return amount - (on_hand - since)


def moment_of(occurred_at: datetime | None) -> datetime:
    """When it happened, never in the future (a phone's clock may be fast) and never older than a week."""
    moment = clock.now()
    return max(min(occurred_at, moment), moment - OLDEST_LOG) if occurred_at else moment


def refuse_more_than_issued(stock: Stock, reference: str, amount: Decimal, exercise: int | None) -> None:
    moved = Movement.objects.filter(
        item_id=stock.item_id, warehouse_code=stock.warehouse_code, reference=reference, exercise=exercise
    )
    out = -(moved.aggregate(total=Sum("delta"))["total"] or Decimal(0))
    if amount > out:
        raise MoreThanIssued(
            _("Only %(out)s were issued there and not yet returned.") % {"out": plain(max(out, Decimal(0)))},
            issued=plain(max(out, Decimal(0))),
        )

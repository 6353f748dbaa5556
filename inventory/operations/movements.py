"""One movement at a time. Each locks its stock row first, so the last unit is handed out once."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Required, TypedDict, Unpack

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from inventory.models import Item, Kind, Movement, Stock, SupplyLine
from inventory.operations.rules import (
    UNDO,
    UNDO_GRACE,
    KeyReused,
    NotEnough,
    NotYours,
    TooLateToUndo,
    available,
    check_key,
    checked_quantity,
    delta_of,
    find_item,
    lock_stock,
    moment_of,
    refuse_more_than_issued,
)
from inventory.queries import plain
from journal import clock
from journal import operations as journal

LATE = timedelta(seconds=60)  # logged offline, and brought by the network later

JOURNAL_KIND = {
    Kind.RECEIVE: "inventory.received",
    Kind.ISSUE: "inventory.issued",
    Kind.RETURN: "inventory.returned",
    Kind.WRITE_OFF: "inventory.written_off",
    Kind.COUNT: "inventory.counted",
}


@transaction.atomic
def log_movement(
    *,
    kind: str,
    item: str,
    warehouse: str,
    quantity: object,
    by: Actor,
    key: str,
    reference: str = "",
    exercise: int | None = None,
    note: str = "",
    occurred_at: datetime | None = None,
) -> Movement:
    """Book one movement; the same `key` again returns the movement already booked, whatever happened since.

    Holds the stock row's lock, so a balance is never negative; a movement of an exercise is kept apart from real stock.
    `occurred_at` is when a person logged it, if the network brought it later. Journals one of inventory.received,
    issued, returned, written_off, counted. Raises UnknownItem, UnknownWarehouse, BadQuantity, BadKey, NotEnough,
    MoreThanIssued, KeyReused, NotAllowed.
    """
    by.require(Permission.LOG_STOCK, warehouse=warehouse)
    key = check_key(key)
    thing = find_item(item)
    amount = checked_quantity(quantity, thing, zero=kind == Kind.COUNT)
    stock = lock_stock(thing, warehouse)
    if known := Movement.objects.filter(key=key).select_related("item").first():
        return same_movement(known, kind=kind, item=thing, warehouse=warehouse, quantity=amount, exercise=exercise)
    happened = moment_of(occurred_at)
    on_hand = available(stock, exercise)
    delta = delta_of(kind, amount, on_hand, stock=stock, exercise=exercise, happened=happened)
    if on_hand + delta < 0:
        raise NotEnough(
            _("Only %(on_hand)s %(unit)s there; nothing was booked.")
            % {"on_hand": plain(on_hand), "unit": thing.unit_label},
            on_hand=plain(on_hand),
        )
    if kind == Kind.RETURN and reference:
        refuse_more_than_issued(stock, reference, amount, exercise)
    movement = post(
        stock, kind=kind, quantity=amount, delta=delta, on_hand=on_hand, by=by, key=key, reference=reference,
        exercise=exercise, note=note, happened=happened,
    )  # fmt: skip
    write_entry(JOURNAL_KIND[Kind(kind)], movement, by)
    return movement


class Logged(TypedDict, total=False):
    """What log_movement takes besides the kind and who logs it."""

    item: Required[str]
    warehouse: Required[str]
    quantity: Required[object]
    key: Required[str]
    reference: str
    exercise: int | None
    note: str
    occurred_at: datetime | None


def receive(*, by: Actor, **movement: Unpack[Logged]) -> Movement:
    """Book goods that came in. Journals inventory.received; raises as `log_movement` does."""
    return log_movement(kind=Kind.RECEIVE, by=by, **movement)


def issue(*, by: Actor, **movement: Unpack[Logged]) -> Movement:
    """Hand out goods, all or nothing. Journals inventory.issued; raises NotEnough, and as `log_movement` does."""
    return log_movement(kind=Kind.ISSUE, by=by, **movement)


def return_(*, by: Actor, **movement: Unpack[Logged]) -> Movement:
    """Take goods back, at most what the reference got. Journals inventory.returned; raises MoreThanIssued."""
    return log_movement(kind=Kind.RETURN, by=by, **movement)


def write_off(*, by: Actor, **movement: Unpack[Logged]) -> Movement:
    """Remove what is broken, lost or out of date. Journals inventory.written_off; raises NotEnough."""
    return log_movement(kind=Kind.WRITE_OFF, by=by, **movement)


def count(*, by: Actor, **movement: Unpack[Logged]) -> Movement:
    """Set the stock to what was counted. A count logged offline holds for the moment it was taken: what moved since
    is kept. Journals inventory.counted; raises as `log_movement` does."""
    return log_movement(kind=Kind.COUNT, by=by, **movement)


@transaction.atomic
def undo_movement(*, movement_id: int, by: Actor) -> Movement:
    """Reverse a movement that the same person logged at most ten seconds ago; a second undo returns the first's
    reversal. Journals inventory.undone. Raises TooLateToUndo, NotYours, NotEnough, Movement.DoesNotExist."""
    by.require(Permission.LOG_STOCK)
    movement = Movement.objects.select_related("item").get(pk=movement_id)
    by.require(Permission.LOG_STOCK, warehouse=movement.warehouse_code)
    stock = lock_stock(movement.item, movement.warehouse_code)
    if known := Movement.objects.filter(reverses=movement).first():
        return known
    if movement.kind == Kind.REVERSAL or movement.supply_line_id:
        raise NotYours(_("This movement cannot be undone; log one the other way."))
    if movement.actor != str(by):
        raise NotYours(_("Only the one who logged a movement can undo it."))
    moment = clock.now()
    if moment - movement.recorded_at > UNDO + UNDO_GRACE:
        raise TooLateToUndo(_("The ten seconds are over; log a movement the other way."))
    on_hand = available(stock, movement.exercise)
    if on_hand - movement.delta < 0:
        raise NotEnough(_("Part of it has moved on already; log a movement instead."), on_hand=plain(on_hand))
    reversal = post(
        stock, kind=Kind.REVERSAL, quantity=movement.quantity, delta=-movement.delta, on_hand=on_hand, by=by,
        key=f"undo:{movement.pk}", reference=movement.reference, exercise=movement.exercise, note="",
        happened=moment, reverses=movement,
    )  # fmt: skip
    write_entry("inventory.undone", reversal, by)
    return reversal


@transaction.atomic
def set_par(*, item: str, warehouse: str, par: object, by: Actor, location: str | None = None) -> Stock:
    """Say how much of an item a warehouse should hold, and where it lies. Journals inventory.par_set."""
    by.require(Permission.MANAGE_NETWORK, warehouse=warehouse)
    thing = find_item(item)
    amount = checked_quantity(par, thing, zero=True)
    stock = lock_stock(thing, warehouse)
    stock.par = amount
    if location is not None:
        stock.location = location
    stock.save(update_fields=["par", "location"])
    journal.write(
        kind="inventory.par_set",
        subject=f"stock:{warehouse}",
        by=by,
        payload={"item": f"item:{item}", "warehouse": f"warehouse:{warehouse}", "par": plain(amount)},
    )
    return stock


def same_movement(
    known: Movement, *, kind: str, item: Item, warehouse: str, quantity: Decimal, exercise: int | None
) -> Movement:
    same = (known.kind, known.item_id, known.warehouse_code, known.quantity, known.exercise) == (
        kind, item.pk, warehouse, quantity, exercise,
    )  # fmt: skip
    if not same:
        raise KeyReused(_("This key was used for another movement."))
    return known


def post(
    stock: Stock,
    *,
    kind: str,
    quantity: Decimal,
    delta: Decimal,
    on_hand: Decimal,
    by: Actor,
    key: str,
    reference: str,
    exercise: int | None,
    note: str,
    happened: datetime,
    line: SupplyLine | None = None,
    reverses: Movement | None = None,
) -> Movement:
    """Append to the ledger and move the balance with it; `stock` is locked."""
    movement, fresh = Movement.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "item": stock.item,
            "warehouse_code": stock.warehouse_code,
            "quantity": quantity,
            "delta": delta,
            "after": on_hand + delta,
            "reference": reference,
            "exercise": exercise,
            "reverses": reverses,
            "supply_line": line,
            "note": note[:200],
            "actor": str(by),
            "occurred_at": happened,
            "recorded_at": clock.now(),
        },
    )
    if not fresh:
        # Another stock row's movement took the key between our look and our write.
        raise KeyReused(_("This key was used for another movement."))
    movement.fresh = True
    if exercise is None:
        stock.quantity = on_hand + delta
        if kind == Kind.COUNT:
            stock.checked_at = max(happened, stock.checked_at or happened)
        elif reverses and reverses.kind == Kind.COUNT:
            earlier = Movement.objects.filter(
                item_id=stock.item_id,
                warehouse_code=stock.warehouse_code,
                kind=Kind.COUNT,
                exercise=None,
                reversals=None,
            ).exclude(pk=reverses.pk)
            stock.checked_at = earlier.aggregate(at=Max("occurred_at"))["at"]
        stock.save(update_fields=["quantity", "checked_at"])
    return movement


def write_entry(kind: str, movement: Movement, by: Actor) -> None:
    journal.write(
        kind=kind,
        subject=f"stock:{movement.warehouse_code}",
        by=by,
        reference=movement.reference,
        exercise=movement.exercise,
        occurred_at=movement.occurred_at,
        backfilled=movement.recorded_at - movement.occurred_at > LATE,
        payload={
            "movement": movement.pk,
            "item": f"item:{movement.item.code}",
            "warehouse": f"warehouse:{movement.warehouse_code}",
            "quantity": plain(movement.quantity),
            "after": plain(movement.after),
        },
    )

"""Supplies for a matter: several lines at once, what there is is issued and what is short is told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from inventory.models import Item, Kind, SupplyIssue, SupplyLine
from inventory.operations.movements import post
from inventory.operations.rules import (
    BadQuantity,
    KeyReused,
    NothingMissing,
    available,
    check_key,
    checked_quantity,
    find_item,
    lock_stock,
)
from inventory.queries import exercise_of, plain, still_short
from journal import clock
from journal import operations as journal


@dataclass(frozen=True)
class Shortage:
    """What could not be issued: `missing` of `asked`."""

    item: str
    warehouse: str
    asked: Decimal
    missing: Decimal


@dataclass(frozen=True)
class Issued:
    """What was issued."""

    item: str
    warehouse: str
    quantity: Decimal


@dataclass(frozen=True)
class IssueResult:
    """What a call for supplies brought. `issue_id` is the SupplyIssue; `complete` when nothing is short."""

    issue_id: int
    issued: list[Issued]
    shortages: list[Shortage]

    @property
    def complete(self) -> bool:
        return not self.shortages


@transaction.atomic
def issue_supplies(
    *,
    reference: str,
    lines: Iterable[tuple[str, str, object]],
    by: Actor,
    key: str,
    exercise: int | None = None,
) -> IssueResult:
    """Issue to `reference` what there is of (item code, warehouse code, quantity) lines, and report what is short.

    Each line gets min(asked, on hand); the same `key` again returns the first answer and moves nothing. Stock rows are
    locked in one order, so two calls cannot wait for each other. Journals once: inventory.supplies_issued, or
    inventory.supplies_short. Raises UnknownItem, UnknownWarehouse, BadQuantity, BadKey, KeyReused, NotAllowed;
    shortages are an answer, not a refusal.
    """
    asked = [(item, warehouse, quantity) for item, warehouse, quantity in lines]
    by.require(Permission.LOG_STOCK)
    for _item, warehouse, _quantity in asked:
        by.require(Permission.LOG_STOCK, warehouse=warehouse)
    known = begin(key, reference)
    if known:
        if known.exercise != exercise:
            raise KeyReused(_("This key was used for another matter."))
        return result_of(known)
    # Fold equal lines and check all of them before anything moves.
    wanted: dict[tuple[str, str], tuple[Item, Decimal]] = {}
    for code, warehouse, quantity in asked:
        thing = find_item(code)
        amount = checked_quantity(quantity, thing)
        before = wanted.get((warehouse, code), (thing, Decimal(0)))[1]
        wanted[warehouse, code] = (thing, checked_quantity(before + amount, thing))
    if not wanted:
        raise BadQuantity(_("Name at least one item."))
    supply = SupplyIssue(key=key, reference=reference, exercise=exercise, requested_by=str(by))
    return hand_out(supply, {(place, thing.pk): (thing, amount) for (place, _c), (thing, amount) in wanted.items()}, by)


@transaction.atomic
def issue_missing(*, reference: str, by: Actor, key: str) -> IssueResult:
    """Issue what earlier calls of `reference` lacked, as far as stock has come in since.

    Journals inventory.supplies_issued or inventory.supplies_short. Raises NothingMissing, BadKey, KeyReused,
    NotAllowed.
    """
    by.require(Permission.LOG_STOCK)
    known = begin(key, reference)
    if known:
        return result_of(known)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 8))", [f"missing supplies {reference}"])
    short = still_short(reference)
    items = Item.objects.in_bulk({item for _place, item in short})
    for place, _item in short:
        by.require(Permission.LOG_STOCK, warehouse=place)
    if not short:
        raise NothingMissing(_("Nothing is missing here any more."))
    supply = SupplyIssue(
        key=key, reference=reference, exercise=exercise_of(reference), requested_by=str(by), makes_up=True
    )
    return hand_out(supply, {where: (items[where[1]], amount) for where, amount in short.items()}, by)


def begin(key: str, reference: str) -> SupplyIssue | None:
    """The call made with this key before, else None. The key decides who goes first."""
    check_key(key)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7))", [f"supply issue {key}"])
    known = SupplyIssue.objects.filter(key=key).first()
    if known and known.reference != reference:
        raise KeyReused(_("This key was used for another matter."))
    return known


def hand_out(supply: SupplyIssue, wanted: dict[tuple[str, int], tuple[Item, Decimal]], by: Actor) -> IssueResult:
    """Lock the stock rows in one order, issue what there is, and write one entry for the whole call."""
    supply.requested_at = clock.now()
    supply.save()
    for (warehouse, _item), (thing, amount) in sorted(wanted.items(), key=lambda pair: pair[0]):
        stock = lock_stock(thing, warehouse)
        on_hand = max(available(stock, supply.exercise), Decimal(0))
        given = min(amount, on_hand)
        line = SupplyLine.objects.create(issue=supply, item=thing, warehouse_code=warehouse, asked=amount, issued=given)
        if given:
            post(
                stock,
                kind=Kind.ISSUE,
                quantity=given,
                delta=-given,
                on_hand=on_hand,
                by=by,
                key=f"supply:{supply.pk}:{line.pk}",
                reference=supply.reference,
                exercise=supply.exercise,
                note="",
                happened=supply.requested_at,
                line=line,
            )
    result = result_of(supply)
    journal.write(
        kind="inventory.supplies_short" if result.shortages else "inventory.supplies_issued",
        subject=f"supplies:{supply.pk}",
        by=by,
        reference=supply.reference,
        exercise=supply.exercise,
        payload={
            "lines": len(wanted),
            "issued": [f"item:{row.item}" for row in result.issued],
            "short": [f"item:{row.item}" for row in result.shortages],
            "missing": {f"{row.warehouse}/{row.item}": plain(row.missing) for row in result.shortages},
        },
    )
    return result


def result_of(supply: SupplyIssue) -> IssueResult:
    lines = list(supply.lines.select_related("item"))
    return IssueResult(
        issue_id=supply.pk,
        issued=[Issued(row.item.code, row.warehouse_code, row.issued) for row in lines if row.issued],
        shortages=[
            Shortage(row.item.code, row.warehouse_code, row.asked, row.asked - row.issued)
            for row in lines
            if row.issued < row.asked
        ],
    )

"""Backup and temporary warehouses: opening one for an incident, ending that, telling when it can be used."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import CLOCK, Actor
from accounts.roles import Permission
from dispatch.models import RerouteRun, Warehouse, WarehouseOpening
from dispatch.operations.steps import NETWORK, moment
from journal import clock
from journal import operations as journal
from journal.refusal import AlreadyDone, Invalid, Refusal

BATCH = 50
MOST_ORDERS = 10_000_000


class UnknownWarehouse(Invalid):
    """There is no warehouse of this code."""


class NotOnStandby(Refusal):
    """The warehouse serves anyway, or is retired: there is nothing to open."""


class OpenedAlready(Refusal):
    """The warehouse is open for something else; `reference` in the answer says for what."""


class OpenedForThis(AlreadyDone):
    """The warehouse is open for just this reference."""


class BadOpening(Invalid):
    """A throughput or an end that cannot be; `field` says which."""


class NotOpen(Refusal):
    """The warehouse is not open."""


@transaction.atomic
def open_warehouse(
    *,
    code: str,
    reference: str,
    by: Actor,
    throughput: int | None = None,
    until: datetime | None = None,
    exercise: int | None = None,
) -> WarehouseOpening:
    """Open a standby warehouse for `reference`: it can be used from now + its lead time, until `until` if given.

    `throughput` is what it takes in orders a day, its daily capacity when not given. One opening at a time; an
    exercise has its own, which changes nothing real. Journals dispatch.warehouse_opened.
    Raises UnknownWarehouse, NotOnStandby, OpenedAlready, OpenedForThis, BadOpening, NotAllowed.
    """
    house = locked(code, by)
    if not house.standby or house.retired_at:
        raise NotOnStandby(_("%(warehouse)s is not on standby; it needs no opening.") % {"warehouse": house.label})
    now = clock.now()
    size = house.daily_capacity if throughput is None else throughput
    if not 0 < size <= MOST_ORDERS:
        raise BadOpening(_("Say how many orders a day it takes."), field="throughput")
    if until is not None and until <= now + timedelta(hours=house.lead_hours):
        raise BadOpening(_("The end must lie after the moment it can be used."), field="until")
    opening = living(house, exercise, now)
    if opening is not None:
        if opening.reference == reference:
            raise OpenedForThis(_("It is open for this already."), opening=opening.pk)
        raise OpenedAlready(
            _("%(warehouse)s is open for something else; end that first.") % {"warehouse": house.label},
            reference=opening.reference,
        )
    return begin(house, by, now, reference=reference, exercise=exercise, throughput=size, until=until)


def open_planned(run: RerouteRun, by: Actor, now: datetime) -> list[str]:
    """Open the standby warehouses that an approved plan uses, as `open_warehouse` does; those that somebody opened
    meanwhile are left as they are. Return the codes of those that this opened. The caller has asked who may."""
    wanted = [item["warehouse"] for item in run.opens]
    houses = Warehouse.objects.select_for_update().filter(code__in=wanted, standby=True, retired_at=None)
    shut = [house for house in houses.order_by("code") if living(house, run.exercise, now) is None]
    for house in shut:
        begin(
            house,
            by,
            now,
            reference=run.reference,
            exercise=run.exercise,
            throughput=house.daily_capacity,
            until=None,
        )
    return [house.code for house in shut]


def living(house: Warehouse, exercise: int | None, now: datetime) -> WarehouseOpening | None:
    """The opening that holds on; one whose time is over is ended."""
    opening = current(house, exercise)
    if opening is not None and opening.until is not None and opening.until <= now:
        end(opening, now, str(CLOCK))
        return None
    return opening


def begin(house: Warehouse, by: Actor, now: datetime, **terms: Any) -> WarehouseOpening:
    usable_from = now + timedelta(hours=house.lead_hours)
    opening = WarehouseOpening.objects.create(
        warehouse=house, opened_at=now, opened_by=str(by), usable_from=usable_from, **terms
    )
    clock.wake()
    note(
        opening,
        "warehouse_opened",
        by,
        throughput=opening.throughput,
        usable_from=moment(usable_from),
        until=moment(opening.until),
    )
    return opening


@transaction.atomic
def end_opening(*, code: str, by: Actor, exercise: int | None = None) -> WarehouseOpening:
    """Put an opened warehouse back on standby. Orders that it has keep it until a reroute moves them.

    Journals dispatch.warehouse_on_standby. Raises UnknownWarehouse, NotOpen, NotAllowed.
    """
    house = locked(code, by)
    opening = current(house, exercise)
    if opening is None:
        raise NotOpen(_("%(warehouse)s is not open.") % {"warehouse": house.label})
    end(opening, clock.now(), str(by))
    note(opening, "warehouse_on_standby", by)
    return opening


@transaction.atomic
def end_openings(*, reference: str, by: Actor, exercise: int | None = None) -> int:
    """Put every warehouse that is open for `reference` back on standby, as `end_opening` does; return how many.

    Journals dispatch.warehouse_on_standby for each. Raises NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    living = WarehouseOpening.objects.filter(reference=reference, exercise=exercise, ended_at=None)
    codes = list(living.order_by("warehouse_id").values_list("warehouse_id", flat=True))
    ended = 0
    for code in codes:
        with suppress(NotOpen):  # somebody, or the clock, was faster
            end_opening(code=code, by=by, exercise=exercise)
            ended += 1
    return ended


def tell_openings() -> int:
    """For the clock: journal which opened warehouses can be used now (dispatch.warehouse_usable) and end those whose
    time is over (dispatch.warehouse_on_standby); return how many there were."""
    with transaction.atomic():
        now = clock.now()
        due = WarehouseOpening.objects.select_for_update(skip_locked=True).filter(ended_at=None).select_related(None)
        usable = list(due.filter(told_at=None, usable_from__lte=now)[:BATCH])
        for opening in usable:
            opening.told_at = now
            opening.save(update_fields=["told_at"])
            note(opening, "warehouse_usable", CLOCK, throughput=opening.throughput)
        over = list(due.filter(until__lte=now)[:BATCH])
        for opening in over:
            end(opening, now, str(CLOCK))
            note(opening, "warehouse_on_standby", CLOCK)
    return len(usable) + len(over)


def locked(code: str, by: Actor) -> Warehouse:
    by.require(Permission.APPROVE_REROUTE)
    house = Warehouse.objects.select_for_update().filter(code=code).first()
    if house is None:
        raise UnknownWarehouse(_("There is no warehouse “%(code)s”.") % {"code": code[:32]})
    by.require(Permission.APPROVE_REROUTE, region=house.region_id or "", warehouse=house.code)
    return house


def current(house: Warehouse, exercise: int | None) -> WarehouseOpening | None:
    return house.openings.filter(exercise=exercise, ended_at=None).first()


def end(opening: WarehouseOpening, now: datetime, by: str) -> None:
    opening.ended_at, opening.ended_by = now, by
    opening.save(update_fields=["ended_at", "ended_by"])


def note(opening: WarehouseOpening, what: str, by: Actor, **figures: object) -> None:
    """In the history of the warehouse and of what it was opened for; pages that show the network look again."""
    journal.touch(NETWORK)
    journal.write(
        kind=f"dispatch.{what}",
        subject=f"warehouse:{opening.warehouse_id}",
        by=by,
        reference=opening.reference,
        exercise=opening.exercise,
        payload={"warehouse": f"warehouse:{opening.warehouse_id}", **figures},
    )

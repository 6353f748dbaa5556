"""Editing the network: adding, changing and retiring its parts, one at a time or many from a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor, NotAllowed
from accounts.roles import Permission
from dispatch.operations.steps import NETWORK
from dispatch.parts import KINDS, Child, Fault, Kind, Record, World, check, users_of
from dispatch.parts.kinds import LANE, WAREHOUSE
from dispatch.parts.reading import record_of
from dispatch.parts.world import Key, child_column, differences
from dispatch.queries.network import rows
from journal import operations as journal
from journal.refusal import Invalid, Refusal

NEW: Key = ""  # the key under which a thing stands in a World before the database gives it one


class BadPart(Invalid):
    """Values that cannot be; `faults` tells field by field, and the answer too."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__(faults[0].message, fields=[vars(fault) for fault in faults])
        self.faults = faults


class NoSuchPart(Refusal):
    """The network has no such thing."""

    status = 404


class PartExists(Refusal):
    """There is a thing of this code already."""


class PartChanged(Refusal):
    """Somebody changed it since it was looked at."""

    status = 412


class PartInUse(Refusal):
    """Something still uses it; `users` in the answer says what."""


class PartStays(Refusal):
    """Regions are never retired."""


@transaction.atomic
def add_part(*, kind: str, values: Mapping[str, Any], by: Actor) -> Key:
    """Add a thing with `values` (texts by field, lists of such for legs, rates and days); return its key.

    A retired thing of the same code, or a retired lane of the same service, is brought back with these values.
    Journals dispatch.part_added. Raises BadPart, PartExists, NotAllowed.
    """
    by.require(Permission.MANAGE_NETWORK)
    sort = KINDS[kind]
    lock_network()
    world = World()
    record, faults = record_of(sort, values)
    if faults:
        raise BadPart(faults)
    key = world.lane_like(record) if sort.numbered else record[sort.key]
    known = key is not None and key in world.records(sort)
    if known and key not in world.retired(sort):
        raise PartExists(_("There is such a thing in the network already."), key=key)
    key = key if known and key is not None else NEW if sort.numbered else record[sort.key]
    require_place(by, sort, record, world)
    world.put(sort, key, record)
    refuse_faults(check(sort, key, record, world))
    (key,) = update(sort, {key: record}) if known else insert(sort, [record])
    note("part_added", sort, key, by)
    return key


@transaction.atomic
def change_part(
    *, kind: str, key: Key, values: Mapping[str, Any], by: Actor, expected_version: int | None = None
) -> dict[str, tuple[str, str]]:
    """Change a thing to `values`; what they leave out stays. Return {field: (before, after)}, empty when it is so
    already: then nothing is written and nothing journalled.

    Its code cannot change. Journals dispatch.part_changed. Raises BadPart, NoSuchPart, PartChanged, NotAllowed.
    """
    by.require(Permission.MANAGE_NETWORK)
    sort = KINDS[kind]
    lock_network()
    world = World()
    before = found(sort, key, world, expected_version)
    record, faults = record_of(sort, values, before)
    if faults:
        raise BadPart(faults)
    if not sort.numbered and record[sort.key] != key:
        raise BadPart([Fault(sort.key, _("A code stays as it is; add a new one and retire this."))])
    require_place(by, sort, before, world)
    require_place(by, sort, record, world)
    world.put(sort, key, record)
    refuse_faults(check(sort, key, record, world))
    changed = differences(sort, before, record)
    if changed:
        update(sort, {key: record})
        note("part_changed", sort, key, by, changes=in_words(sort, changed))
    return changed


@transaction.atomic
def retire_part(*, kind: str, key: Key, by: Actor, expected_version: int | None = None) -> None:
    """Take a thing out of use. Orders and the journal go on naming it, so that it is never deleted.

    Journals dispatch.part_retired. Raises PartInUse while something uses it, PartStays, NoSuchPart, PartChanged,
    NotAllowed.
    """
    by.require(Permission.MANAGE_NETWORK)
    sort = KINDS[kind]
    if not sort.retirable:
        raise PartStays(_("Regions stay; lanes into them can be retired."))
    lock_network()
    world = World()
    record = found(sort, key, world, expected_version)
    require_place(by, sort, record, world)
    world.retire(sort, key)
    if users := users_of(sort, key, world, open_orders([key], sort)):
        raise PartInUse(_("Still in use: %(users)s. Change these first.") % {"users": "; ".join(users)}, users=users)
    retire(sort, [key])
    note("part_retired", sort, key, by)


@transaction.atomic
def restore_part(*, kind: str, key: Key, by: Actor) -> None:
    """Bring a retired thing back as it was. Journals dispatch.part_restored. Raises BadPart, NoSuchPart, NotAllowed."""
    by.require(Permission.MANAGE_NETWORK)
    sort = KINDS[kind]
    lock_network()
    world = World()
    record = world.records(sort).get(key)
    if record is None or key not in world.retired(sort):
        raise NoSuchPart(_("Nothing of this name is retired."))
    require_place(by, sort, record, world)
    world.put(sort, key, record)
    refuse_faults(check(sort, key, record, world))
    update(sort, {key: record})
    note("part_restored", sort, key, by)


# --- the steps of these, which an import takes for many things at once ------------------------------------------------


def lock_network() -> None:
    """One editor at a time: whoever plans a change plans it on what it will change."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('dispatch:import', 0))")


def found(kind: Kind, key: Key, world: World, expected_version: int | None) -> Record:
    record = world.records(kind).get(key)
    if record is None or key in world.retired(kind):
        raise NoSuchPart(_("The network has nothing of this name in use."))
    if expected_version is not None and kind.retirable:
        ((version,),) = rows(f"SELECT version FROM {kind.table} WHERE {kind.key} = %(key)s", key=key)
        if version != expected_version:
            raise PartChanged(_("Somebody changed this meanwhile; look at it again."), version=version)
    return record


def refuse_faults(faults: list[Fault]) -> None:
    if faults:
        raise BadPart(faults)


def require_place(by: Actor, kind: Kind, record: Record, world: World) -> None:
    """Whoever is limited to regions or warehouses may edit what lies there, and nothing that reaches beyond.

    A lane belongs to the warehouse it leaves from. Raises NotAllowed.
    """
    if not (by.regions or by.warehouses):
        return
    house = record["code"] if kind is WAREHOUSE else record.get("warehouse")
    region = (
        record["code"] if kind.name == "region" else record.get("region") if kind.name in ("warehouse", "hub") else ""
    )
    if house and kind is not WAREHOUSE:
        region = world.records(WAREHOUSE).get(house, {}).get("region")
    if not (house or region) or (by.regions and not region) or (by.warehouses and not house):
        raise NotAllowed(by, Permission.MANAGE_NETWORK)
    by.require(Permission.MANAGE_NETWORK, region=region or "", warehouse=house or "")


def open_orders(keys: Iterable[Key], kind: Kind) -> dict[tuple[str, Key], int]:
    """How many open orders lanes or warehouses have."""
    if kind is not LANE and kind is not WAREHOUSE:
        return {}
    query = f"""SELECT {kind.name}_id, count(*) FROM dispatch_order
    WHERE state IN ('open', 'held') AND {kind.name}_id = ANY(%(keys)s) GROUP BY 1"""
    return {(kind.name, key): count for key, count in rows(query, keys=list(keys))}


def insert(kind: Kind, records: list[Record]) -> list[Key]:
    """New rows; return their keys in the same sequence."""
    if not records:
        return []
    keys: list[Key] = [record.get(kind.key, NEW) for record in records]
    if kind.numbered:
        query = f"SELECT nextval(pg_get_serial_sequence('{kind.table}', '{kind.key}')) FROM generate_series(1, %(n)s)"
        keys = [number for (number,) in rows(query, n=len(records))]
    columns = columns_of(kind)
    fixed = "".join(f", {name}" for name, _value in kind.fixed)
    values = "".join(f", '{value}'" for _name, value in kind.fixed)
    execute(
        f"INSERT INTO {kind.table} ({', '.join(columns)}{fixed}) SELECT {', '.join(columns)}{values}"
        f" FROM jsonb_populate_recordset(NULL::{kind.table}, %s::jsonb)",
        as_json(kind, dict(zip(keys, records, strict=True))),
    )
    replace_children(kind, dict(zip(keys, records, strict=True)))
    return keys


def update(kind: Kind, records: Mapping[Key, Record]) -> list[Key]:
    """New values for rows that are there, retired ones brought back; return their keys."""
    if not records:
        return []
    columns = [column for column in columns_of(kind) if column != kind.key]
    more = ["version = t.version + 1", "retired_at = NULL"] if kind.retirable else []
    execute(
        f"UPDATE {kind.table} t SET {', '.join([f'{column} = r.{column}' for column in columns] + more)}"
        f" FROM jsonb_populate_recordset(NULL::{kind.table}, %s::jsonb) r WHERE t.{kind.key} = r.{kind.key}",
        as_json(kind, records),
    )
    replace_children(kind, records)
    return list(records)


def retire(kind: Kind, keys: Iterable[Key]) -> None:
    execute(
        f"UPDATE {kind.table} SET retired_at = (SELECT fenghuo_now()), version = version + 1"
        f" WHERE {kind.key} = ANY(%s) AND retired_at IS NULL",
        list(keys),
    )


def replace_children(kind: Kind, records: Mapping[Key, Record]) -> None:
    for child in kind.children:
        execute(f"DELETE FROM {child.table} WHERE {child.parent} = ANY(%s)", list(records))
        columns = [child.parent, *(["position"] if child.numbered else []), *child_columns(child)]
        lines = [
            {child.parent: key, "position": number, **dict(zip(child_columns(child), row, strict=True))}
            for key, record in records.items()
            for number, row in enumerate(record[child.name], start=1)
        ]
        execute(
            f"INSERT INTO {child.table} ({', '.join(columns)}) SELECT {', '.join(columns)}"
            f" FROM jsonb_populate_recordset(NULL::{child.table}, %s::jsonb)",
            json.dumps(lines, cls=DjangoJSONEncoder),
        )


def columns_of(kind: Kind) -> list[str]:
    own = [kind.column(field.name) for field in kind.fields]
    return [kind.key, *own] if kind.numbered else own


def child_columns(child: Child) -> list[str]:
    return [child_column(child, field.name) for field in child.fields]


def as_json(kind: Kind, records: Mapping[Key, Record]) -> str:
    lines = [
        {kind.key: key, **{kind.column(field.name): record[field.name] for field in kind.fields}}
        for key, record in records.items()
    ]
    return json.dumps(lines, cls=DjangoJSONEncoder)


def execute(query: str, parameter: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query, [parameter])


def in_words(kind: Kind, changed: Mapping[str, tuple[str, str]]) -> list[str]:
    """ "daily_capacity 300 → 400" for the journal: fields by their own names, which read the same for everybody."""
    return [f"{name} {old[:60] or '–'} → {new[:60] or '–'}" for name, (old, new) in changed.items()]


def note(what: str, kind: Kind, key: Key, by: Actor, **figures: object) -> None:
    part = f"{kind.name}:{key}"
    journal.write(kind=f"dispatch.{what}", subject=part, by=by, reference=NETWORK, payload={"part": part, **figures})

"""Changing the network from an Excel or CSV file: looked at first, applied when somebody confirmed what it changes."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor, NotAllowed
from accounts.roles import Permission
from accounts.sheets import SheetError
from dispatch.bulk import analyze
from dispatch.models import NetworkImport
from dispatch.operations.parts import insert, lock_network, open_orders, require_place, retire, update
from dispatch.operations.steps import NETWORK
from dispatch.parts import KINDS, World, users_of
from dispatch.parts.plan import RETIRE, Plan, Planning, title_of
from dispatch.parts.sheets import LAYOUTS, Book, CellFault, read_book
from journal import clock
from journal import operations as journal
from journal.refusal import AlreadyDone, Invalid, Refusal

KEPT = timedelta(days=2)  # how long an uploaded file waits for its confirmation
MOST_FAULTS = 500


class FileRefused(Invalid):
    """The file as a whole cannot be used."""


class NothingToApply(Invalid):
    """The file has faults, or changes nothing; `faults` in the answer says where."""


class PlanChanged(Refusal):
    """What the file would change is not what was shown any more: the network changed meanwhile."""


class NoSuchImport(Refusal):
    """There is no such upload any more."""

    status = 404


class AppliedAlready(AlreadyDone):
    """The file has been applied."""


@transaction.atomic
def upload_network(*, content: bytes, filename: str, by: Actor, complete: bool = False) -> NetworkImport:
    """Keep a file until it is applied or two days have passed. Changes nothing and journals nothing.

    With `complete` the file is the whole network: what its sheets lack is retired. Raises FileRefused, NotAllowed.
    """
    by.require(Permission.MANAGE_NETWORK)
    read(content, filename)
    now = clock.now()
    NetworkImport.objects.filter(applied_at=None, made_at__lt=now - KEPT).delete()
    return NetworkImport.objects.create(
        made_at=now,
        by=str(by),
        filename="".join(sign for sign in filename if sign.isprintable())[:200],
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        complete=complete,
    )


def plan_import(*, draft: NetworkImport, by: Actor) -> Plan:
    """What applying an uploaded file now would change, with its faults cell by cell. Writes nothing.

    Raises FileRefused, NotAllowed.
    """
    by.require(Permission.MANAGE_NETWORK)
    world = World()
    planning = Planning(read(bytes(draft.content), draft.filename), world, complete=draft.complete)
    plan = planning.run()
    for name, keys in plan.retires.items():
        kind = KINDS[name]
        orders = open_orders(keys, kind)
        for key in keys:
            if users := users_of(kind, key, world, orders):
                message = _("%(thing)s is not in the file but still in use: %(users)s.") % {
                    "thing": title_of(kind, planning.before[name][key]),
                    "users": "; ".join(users),
                }
                plan.faults.append(CellFault(f"{name}s", "", message))
    if by.regions or by.warehouses:
        refuse_strangers(planning, by)
    order = {name: place for place, name in enumerate(LAYOUTS)}
    plan.faults = sorted(set(plan.faults), key=lambda fault: (order.get(fault.sheet, 99), len(fault.cell), fault.cell))
    del plan.faults[MOST_FAULTS:]
    return plan


def refuse_strangers(planning: Planning, by: Actor) -> None:
    """A fault for every change outside the regions and warehouses of whoever sends the file."""
    for change in planning.plan.changes:
        kind = KINDS[change.kind]
        row = planning.rows.get((change.kind, change.key))
        for record in (planning.before[change.kind].get(change.key), planning.world.records(kind).get(change.key)):
            if record is None:
                continue
            try:
                require_place(by, kind, record, planning.world)
            except NotAllowed as refusal:
                cell = str(row.number) if row else ""
                planning.plan.faults.append(CellFault(f"{kind.name}s", cell, str(refusal), change.title))


@transaction.atomic
def apply_import(*, pk: int, by: Actor, digest: str) -> NetworkImport:
    """Carry out an uploaded file whose plan was looked at: `digest` is that plan's.

    1. One editor at a time; plan again, and refuse when the plan is not the one that was shown.
    2. Write kind by kind; retire what a complete file lacks.
    3. Tell the database how large its tables are now: it would notice after a minute, and a reroute may ask at once.
    All or nothing. Journals dispatch.network_edited with counts and the SHA-256 of the file and the plan.
    Raises NoSuchImport, AppliedAlready, NothingToApply, PlanChanged, FileRefused, NotAllowed.
    """
    by.require(Permission.MANAGE_NETWORK)
    lock_network()
    draft = find_import(pk, by, locked=True)
    if draft.applied_at is not None:
        raise AppliedAlready(_("This file has been applied."))
    plan = plan_import(draft=draft, by=by)
    if not plan.ready:
        raise NothingToApply(
            _("The file has faults; put them right and send it again.")
            if plan.faults
            else _("The file changes nothing: the network is as it says."),
            faults=[vars(fault) for fault in plan.faults[:100]],
        )
    if plan.digest != digest:
        raise PlanChanged(_("The network changed since you looked at this; look at the changes again."))
    for kind in KINDS.values():
        insert(kind, plan.inserts.get(kind.name, []))
        update(kind, plan.updates.get(kind.name, {}))
    for name, keys in plan.retires.items():
        retire(KINDS[name], keys)
    analyze(*(kind.model for kind in KINDS.values()))
    counts = plan.counts
    draft.applied_at, draft.content = clock.now(), b""
    draft.added, draft.changed, draft.retired = counts["add"], counts["change"], counts[RETIRE]
    draft.changes = [[c.kind, c.key, c.action, c.title, c.fields] for c in plan.changes]
    draft.save(update_fields=["applied_at", "content", "added", "changed", "retired", "changes"])
    journal.write(
        kind="dispatch.network_edited",
        subject=NETWORK,
        by=by,
        reference=f"import:{draft.pk}",
        payload={
            "file": draft.filename,
            "added": draft.added,
            "changed": draft.changed,
            "retired": draft.retired,
            "sha256": draft.sha256,
            "plan": digest,
        },
    )
    return draft


@transaction.atomic
def discard_import(*, pk: int, by: Actor) -> None:
    """Forget an uploaded file that was not applied; nothing is journalled, for nothing happened.

    Raises NoSuchImport, AppliedAlready, NotAllowed.
    """
    by.require(Permission.MANAGE_NETWORK)
    draft = find_import(pk, by, locked=True)
    if draft.applied_at is not None:
        raise AppliedAlready(_("This file has been applied."))
    draft.delete()


def find_import(pk: int, by: Actor, *, locked: bool = False) -> NetworkImport:
    """An upload; one that is not applied yet is only its sender's. Raises NoSuchImport."""
    rows = NetworkImport.objects.select_for_update() if locked else NetworkImport.objects.all()
    draft = rows.filter(pk=min(pk, 2**63 - 1)).first()
    if draft is None or (draft.applied_at is None and draft.by != str(by)):
        raise NoSuchImport(_("This upload is not there any more; send the file again."))
    return draft


def read(content: bytes, filename: str) -> Book:
    """The file's sheets, its faults in words. Raises FileRefused."""
    try:
        book = read_book(content, filename)
    except SheetError as error:
        raise FileRefused(in_words(error.code) % error.figures) from error
    book.faults = [CellFault(fault.sheet, fault.cell, in_words(fault.message), fault.value) for fault in book.faults]
    return book


def in_words(code: str) -> str:
    """What a fault of a file as a whole, or of the form of a cell, means."""
    known = {
        "too_large": _("The file is larger than %(megabytes)s MB."),
        "old_excel": _("This is the old Excel form (.xls); save it as .xlsx."),
        "not_excel": _("This is not an Excel file that can be read; save it again as .xlsx, or send CSV."),
        "encoding": _("The text is neither UTF-8 nor GB 18030; save it as UTF-8."),
        "csv": _("This is not a CSV file that can be read."),
        "rows": _("The file has more than %(most)s rows; send it in parts."),
        "no_sheet": _("No sheet has a known name; name them %(sheets)s."),
        "heading": _("The first row names no known column."),
        "doubled": _("This stands in the file twice."),
        "control": _("The text holds control characters; type it again."),
        "long": _("The text is too long."),
        "formula": _("The cell holds a formula; paste its value instead."),
    }
    return known.get(code, _("The file cannot be read."))

"""Importing staff, contacts and duties: a file is kept, shown, and applied exactly as it was shown."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts import imports
from accounts.actors import Actor
from accounts.imports import Preview
from accounts.models import ImportDraft, ImportKind, ImportState
from accounts.operations.filling import TOPIC, ensure_watch, fill
from accounts.queries.rotations import rotations
from accounts.roles import Permission
from accounts.sheets import SheetError
from journal import operations as journal
from journal.clock import Now, now
from journal.refusal import Invalid, Refusal

KEPT = timedelta(hours=24)  # an unconfirmed file holds personal data: it is not kept for longer
# What was compared must still hold while it is written. Reading goes on; `accounts_user` first, as everywhere.
HOLD_STILL = (
    "LOCK TABLE accounts_user, accounts_rolegrant, accounts_contactpoint, accounts_duty IN SHARE ROW EXCLUSIVE MODE"
)


class SheetRefused(Invalid):
    """The file as a whole cannot be used."""


class DraftDecided(Refusal):
    """The draft was applied or discarded before, or is too old."""


class StalePreview(Refusal):
    """What applying would do is no longer what was shown."""


class NotReady(Invalid):
    """The file has faults, or would change nothing."""


def describe_sheet_error(error: SheetError) -> str:
    texts = {
        "too_large": _("The file is too large: %(megabytes)s MB at most. Split it."),
        "old_excel": _("This is an old Excel file (.xls); save it as .xlsx or CSV."),
        "not_excel": _("This is no readable Excel file; save it anew as .xlsx or CSV."),
        "encoding": _("The text's encoding is neither UTF-8 nor GBK; save it as “CSV UTF-8”."),
        "csv": _("This is no readable CSV file; save it anew as CSV or .xlsx."),
        "rows": _("The file has too many rows: %(most)s at most. Split it."),
        "columns": _("The file has too many columns: %(most)s at most. Use the template."),
        "empty": _("The file has no rows to import. Fill in the template below its heading."),
        "heading": _("The heading lacks: %(columns)s. Use the template."),
        "doubled": _("The column “%(column)s” stands twice; remove one."),
    }
    return texts[error.code] % error.figures


@transaction.atomic
def draft_import(*, kind: str, content: bytes, filename: str, by: Actor) -> ImportDraft:
    """Keep an uploaded file for a preview. Saves nothing of what it holds, and journals nothing.

    Forgets the person's older drafts and everybody's older than a day. Raises SheetRefused for a file that cannot be
    read at all, Invalid for an unknown kind, NotAllowed.
    """
    by.require(Permission.MANAGE_ACCOUNTS)
    if kind not in ImportKind.values or by.user_id is None:
        raise Invalid(_("Choose what the file holds: staff, contact points or the duty roster."))
    read_plan(kind, content, filename, by)
    ImportDraft.objects.filter(created_at__lt=Now() - KEPT).delete()
    ImportDraft.objects.filter(created_by_id=by.user_id, state=ImportState.PREVIEWED).delete()
    return ImportDraft.objects.create(
        kind=kind,
        filename=printable(filename)[-120:],
        content=content,
        digest=hashlib.sha256(content).hexdigest(),
        created_by_id=by.user_id,
        created_at=now(),
    )


def printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())


def read_plan(kind: str, content: bytes, filename: str, by: Actor) -> Preview:
    try:
        return imports.plan(kind=kind, content=content, filename=filename, by=by)
    except SheetError as error:
        raise SheetRefused(describe_sheet_error(error)) from error


def show_preview(*, draft_id: int, by: Actor) -> tuple[ImportDraft, Preview]:
    """A person's own draft and what applying it would do now. Raises DraftDecided, NotAllowed."""
    by.require(Permission.MANAGE_ACCOUNTS)
    draft = ImportDraft.objects.filter(pk=draft_id, created_by_id=by.user_id).first()
    return opened(draft, by)


def opened(draft: ImportDraft | None, by: Actor) -> tuple[ImportDraft, Preview]:
    if draft is None or now() - draft.created_at > KEPT:
        raise DraftDecided(_("This file is not here any more; upload it again."))
    if draft.state == ImportState.APPLIED:
        raise DraftDecided(_("This file has been applied already; nothing was changed again."))
    if draft.state == ImportState.DISCARDED:
        raise DraftDecided(_("This file has been discarded; upload it again."))
    return draft, read_plan(draft.kind, bytes(draft.content), draft.filename, by)


@transaction.atomic
def apply_import(*, draft_id: int, plan_digest: str, by: Actor) -> ImportDraft:
    """Apply a previewed file, all of it or nothing.

    `plan_digest` is the digest of the preview that the person saw; it must still be what applying would do. One
    import runs at a time. Journals accounts.imported with counts, digests and the ids of the people concerned. Raises
    DraftDecided, StalePreview, NotReady, NotAllowed.
    """
    by.require(Permission.MANAGE_ACCOUNTS)
    with connection.cursor() as cursor:
        cursor.execute(HOLD_STILL)
    found = ImportDraft.objects.select_for_update().filter(pk=draft_id, created_by_id=by.user_id).first()
    draft, preview = opened(found, by)
    if preview.digest != plan_digest:
        raise StalePreview(
            _("The data changed since this preview was made; look at the new preview and confirm again.")
        )
    if not preview.ready:
        raise NotReady(
            ngettext(
                "The file has %(errors)s error; correct it and upload it again.",
                "The file has %(errors)s errors; correct them and upload it again.",
                len(preview.errors),
            )
            % {"errors": len(preview.errors)}
            if preview.errors
            else _("Everything in the file is in the system already; there is nothing to apply.")
        )
    concerned = imports.write(preview)
    if draft.kind == ImportKind.ROSTER:
        moment = now()
        ensure_watch(moment)
        for rotation in rotations():
            fill(rotation, moment)
    draft.apply()
    decide(draft)
    draft.created_count, draft.changed_count = preview.created, preview.changed
    draft.save(update_fields=["state", "content", "decided_at", "created_count", "changed_count"])
    payload: dict[str, Any] = {
        "kind": draft.kind,
        "created": preview.created,
        "changed": preview.changed,
        "file": draft.digest,
        "rows": plan_digest,
        "people": concerned,
    }
    reference = TOPIC if draft.kind == ImportKind.ROSTER else ""
    journal.write(kind="accounts.imported", subject=f"import:{draft.pk}", reference=reference, by=by, payload=payload)
    return draft


@transaction.atomic
def discard_import(*, draft_id: int, by: Actor) -> ImportDraft:
    """Forget a draft's file without applying it. Raises DraftDecided, NotAllowed."""
    by.require(Permission.MANAGE_ACCOUNTS)
    draft = ImportDraft.objects.select_for_update().filter(pk=draft_id, created_by_id=by.user_id).first()
    if draft is None or draft.state != ImportState.PREVIEWED:
        raise DraftDecided(_("This file is not here any more; upload it again."))
    draft.discard()
    decide(draft)
    draft.save(update_fields=["state", "content", "decided_at"])
    return draft


def decide(draft: ImportDraft) -> None:
    draft.content, draft.decided_at = b"", now()


@transaction.atomic
def record_export(*, kind: str, by: Actor) -> list[list[str]]:
    """Today's data as rows of a sheet, header first. Personal data leaves the system, so it is journalled
    (accounts.exported). Raises NotAllowed, Invalid."""
    by.require(Permission.MANAGE_ACCOUNTS)
    if kind not in ImportKind.values:
        raise Invalid(_("Choose what the file holds: staff, contact points or the duty roster."))
    rows = imports.current_rows(kind)
    payload = {"kind": kind, "count": len(rows) - 1}
    journal.write(kind="accounts.exported", subject=f"sheet:{kind}", by=by, payload=payload)
    return rows

"""Sending a notice, and stopping it."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _
from django_fsm import can_proceed

from accounts.actors import CLOCK, Actor
from accounts.roles import Permission
from customers import audience
from customers.models import NoticeRun, NoticeState
from customers.operations.drafts import agree, approvals_needed, note, refuse_step
from journal import clock
from journal import operations as journal
from journal.hints import nudge
from journal.refusal import Refusal
from notifications import operations as notifications
from notifications.queries import batch_progress

AT_ONCE = 2_000  # larger notices are filled by a worker, so that the button answers at once
HINT_AGAIN = timedelta(seconds=10)


class SecondApprovalNeeded(Refusal):
    """A notice of this size needs another person's yes first."""


@transaction.atomic
def launch_notice(*, notice_id: int, by: Actor) -> NoticeRun:
    """Send an approved notice, or a draft that `by`'s own yes completes. A second launch returns the first.

    The messages of a large notice are made by a worker. Of an exercise's notice nothing leaves the house. Journals
    notice.approved and notice.launched, notice.finished at once when nobody can be reached. Raises
    SecondApprovalNeeded, NoticeMoved, NotAllowed.
    """
    by.require(Permission.SEND_NOTICES)
    run = NoticeRun.objects.select_for_update().get(pk=notice_id)
    if run.state in {NoticeState.LAUNCHED, NoticeState.FINISHED}:
        return run
    if run.state == NoticeState.DRAFT:
        yes = set(run.approvals.values_list("actor", flat=True)) | {str(by)}
        needed = approvals_needed(run)
        if len(yes) < needed:
            raise SecondApprovalNeeded(
                _("%(count)s people would be told; another person must approve this notice first.")
                % {"count": f"{run.audience:,}"},
                audience=run.audience,
                approvals=len(yes),
                needed=needed,
            )
        agree(run, by)
    if not can_proceed(run.launch):
        refuse_step(run)
    moment = clock.now()
    run.launch()
    run.launched_by, run.launched_at = str(by), moment
    if not run.reachable:
        run.finish()
        run.finished_at = moment
        run.save()
        note("notice.finished", run, by, audience=run.audience, sent=0, failed=0, unclear=0)
        return run
    run.fill_due_at = moment + HINT_AGAIN
    run.save()
    note("notice.launched", run, by, quiet=True, audience=run.audience, reachable=run.reachable)
    if run.reachable <= AT_ONCE:
        return fill_notice(notice_id=run.pk)
    from customers import tasks

    nudge(tasks.fill_notice, notice_id=run.pk)
    clock.wake()
    return run


@transaction.atomic
def fill_notice(*, notice_id: int) -> NoticeRun:
    """Make the messages of a launched notice and let them go; a notice that has its messages is left alone.

    Acts for whoever launched it. Two workers cannot both do it: the run is locked, and message keys are unique.
    """
    run = NoticeRun.objects.select_for_update().get(pk=notice_id)
    if run.state != NoticeState.LAUNCHED or run.batch is not None:
        return run
    kind, _colon, key = run.launched_by.partition(":")
    by = Actor(kind, key, frozenset({Permission.SEND_NOTICES}))
    batch = notifications.open_batch(
        template=run.template, by=by, reference=run.reference, key=f"notice:{run.pk}", exercise=run.exercise
    )
    sql, parameters = audience.messages(run)
    notifications.fill_batch(batch.pk, sql, parameters)
    notifications.launch_batch(batch_id=batch.pk, by=by)
    run.batch, run.fill_due_at = batch.pk, None
    run.save()
    journal.touch(run.reference, f"notice:{run.pk}")
    return run


@transaction.atomic
def pause_notice(*, notice_id: int, by: Actor) -> NoticeRun:
    """Send nothing more until resumed. Journals notice.batch_paused. Raises NoticeMoved, IllegalBatchStep."""
    run = sending(notice_id, by)
    notifications.pause_batch(batch_id=run.batch, by=by)  # type: ignore[arg-type]
    journal.touch(f"notice:{run.pk}")
    return run


@transaction.atomic
def resume_notice(*, notice_id: int, by: Actor) -> NoticeRun:
    """Go on after a pause. Journals notice.batch_resumed. Raises NoticeMoved, IllegalBatchStep."""
    run = sending(notice_id, by)
    notifications.resume_batch(batch_id=run.batch, by=by)  # type: ignore[arg-type]
    journal.touch(f"notice:{run.pk}")
    return run


@transaction.atomic
def cancel_notice(*, notice_id: int, by: Actor) -> NoticeRun:
    """Send nothing more, ever; what was sent stays sent. A cancelled draft frees its audience for another notice.

    Journals notice.cancelled. Raises NoticeMoved, NotAllowed.
    """
    by.require(Permission.SEND_NOTICES)
    run = NoticeRun.objects.select_for_update().get(pk=notice_id)
    if not can_proceed(run.cancel):
        refuse_step(run)
    if run.batch is None:
        run.recipients.all().delete()
    else:
        notifications.cancel_batch(batch_id=run.batch, by=by)
    run.cancel()
    run.fill_due_at, run.finished_at = None, clock.now()
    run.save()
    note("notice.cancelled", run, by, audience=run.audience)
    return run


@transaction.atomic
def end_notice(*, batch: int) -> NoticeRun | None:
    """Follow a batch that ended: its launched notice is finished, or cancelled where the batch was.

    Called by the clock's reader; a batch that is no notice's, or a notice that ended already, is left alone. Journals
    notice.finished or notice.cancelled.
    """
    run = NoticeRun.objects.select_for_update().filter(batch=batch, state=NoticeState.LAUNCHED).first()
    progress = batch_progress(batch) if run else None
    if run is None or progress is None or progress.state not in {"finished", "cancelled"}:
        return run
    run.finished_at = progress.finished_at or clock.now()
    if progress.state == "cancelled":
        run.cancel()
        run.save()
        note("notice.cancelled", run, CLOCK, quiet=True, audience=run.audience)
        return run
    run.finish()
    run.save()
    note(
        "notice.finished",
        run,
        CLOCK,
        quiet=True,
        audience=run.audience,
        sent=progress.accepted,
        failed=progress.failed,
        unclear=progress.ambiguous,
    )
    return run


def sending(notice_id: int, by: Actor) -> NoticeRun:
    by.require(Permission.SEND_NOTICES)
    run = NoticeRun.objects.select_for_update().get(pk=notice_id)
    if run.state != NoticeState.LAUNCHED:
        refuse_step(run)
    if run.batch is None:
        raise StillPreparing(_("The messages are still being made; try again in a moment."))
    return run


class StillPreparing(Refusal):
    """The worker is making the messages just now."""

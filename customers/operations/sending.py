"""Sending a notice, and stopping it."""

from __future__ import annotations

from collections.abc import Callable

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_fsm import can_proceed

from accounts.actors import CLOCK, Actor
from accounts.models import Channel
from accounts.naming import in_a_row
from accounts.roles import Permission
from customers import reach
from customers.models import NoticeRun, NoticeState, NoticeWave, WaveKind
from customers.operations.drafts import agree, approvals_needed, locked, note, policy, refuse_step, unsaid
from customers.operations.retrying import LOOK_EVERY, look_after
from customers.operations.waves import fill_notice, plan_waves, release, small, unfilled
from journal import clock
from journal import operations as journal
from journal.refusal import Invalid, Refusal
from notifications import operations as notifications
from notifications.queries import batch_progress
from notifications.variables import name_of


class WordsMissing(Invalid):
    """The template asks for something that nobody has written yet; `extra["missing"]` names it."""


class ChannelBlocked(Refusal):
    """Since the audience was frozen a channel lost its approved words or its provider."""


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
    run = locked(notice_id)
    if run.state in {NoticeState.LAUNCHED, NoticeState.FINISHED}:
        return run
    if run.state == NoticeState.DRAFT:
        yes = set(run.approvals.values_list("actor", flat=True)) | {str(by)}
        needed = approvals_needed(run)
        if len(yes) < needed:
            raise SecondApprovalNeeded(
                ngettext(
                    "%(count)s person would be told; another person must approve this notice first.",
                    "%(count)s people would be told; another person must approve this notice first.",
                    run.audience,
                )
                % {"count": f"{run.audience:,}"},
                audience=run.audience,
                approvals=len(yes),
                needed=needed,
            )
        agree(run, by)
    if not can_proceed(run.launch):
        refuse_step(run)
    check_words(run)
    moment = clock.now()
    run.launch()
    run.launched_by, run.launched_at = str(by), moment
    if not run.reachable:
        run.finish()
        run.finished_at = moment
        run.save()
        note("notice.finished", run, by, audience=run.audience, sent=0, failed=0, unclear=0)
        return run
    first = plan_waves(run)[0]
    release(run, first, by, moment)
    run.look_at = moment + LOOK_EVERY
    run.save()
    note("notice.launched", run, by, quiet=True, audience=run.audience, reachable=run.reachable)
    return fill_notice(notice_id=run.pk) if small(first) else run


def check_words(run: NoticeRun) -> None:
    """Raises WordsMissing or ChannelBlocked: what would be found out by the worker only is refused here."""
    if lacking := unsaid(run):
        raise WordsMissing(
            _("Say first: %(names)s.") % {"names": in_a_row(map(name_of, lacking))},
            missing=lacking,
        )
    usable = reach.ways(run.template, policy().channels).usable
    blocked = sorted(set(run.by_channel) - set(usable))
    if blocked:
        raise ChannelBlocked(
            _("No approved words or no provider for: %(channels)s. Approve them, or refresh the audience.")
            % {"channels": in_a_row(Channel(name).label for name in blocked)},
            channels=blocked,
        )


@transaction.atomic
def pause_notice(*, notice_id: int, by: Actor) -> NoticeRun:
    """Send nothing more until resumed. Journals notice.batch_paused. Raises NoticeMoved, IllegalBatchStep."""
    run = sending(notice_id, by)
    step(run, {"launched"}, notifications.pause_batch, by)
    journal.touch(f"notice:{run.pk}")
    return run


@transaction.atomic
def resume_notice(*, notice_id: int, by: Actor) -> NoticeRun:
    """Go on after a pause. Journals notice.batch_resumed. Raises NoticeMoved, IllegalBatchStep."""
    run = sending(notice_id, by)
    step(run, {"paused"}, notifications.resume_batch, by)
    journal.touch(f"notice:{run.pk}")
    return run


@transaction.atomic
def cancel_notice(*, notice_id: int, by: Actor) -> NoticeRun:
    """Send nothing more, ever; what was sent stays sent. A cancelled draft frees its audience for another notice.

    Journals notice.cancelled. Raises NoticeMoved, NotAllowed.
    """
    by.require(Permission.SEND_NOTICES)
    run = locked(notice_id)
    if not can_proceed(run.cancel):
        refuse_step(run)
    if run.batch is None:
        run.recipients.all().delete()
    else:
        # Whoever was still to come may be told by another notice.
        zones = run.waves.filter(batch=None, kind=WaveKind.ZONE).values_list("zone", flat=True)
        run.recipients.filter(zone__in=list(zones)).delete()
        step(run, {"launched", "paused"}, notifications.cancel_batch, by, needed=False)
    run.cancel()
    run.fill_due_at, run.look_at, run.finished_at = None, None, clock.now()
    run.save()
    note("notice.cancelled", run, by, audience=run.audience)
    return run


@transaction.atomic
def end_notice(*, batch: int) -> NoticeRun | None:
    """Follow a batch that ended: its launched notice is finished, or cancelled where the batch was.

    Called by the clock's reader; a batch that is no notice's, or a notice that ended already, is left alone. Journals
    notice.finished or notice.cancelled.
    """
    wave = NoticeWave.objects.filter(batch=batch).first()
    run = locked(wave.notice_id) if wave else None
    if wave is None or run is None or run.state != NoticeState.LAUNCHED:
        return run
    ends = {progress.batch_id: progress for progress in map(batch_progress, batches_of(run))}
    if any(one.state not in {"finished", "cancelled"} for one in ends.values()) or unfilled(run):
        return run
    run.finished_at = max((one.finished_at for one in ends.values() if one.finished_at), default=clock.now())
    if all(one.state == "cancelled" for one in ends.values()):
        run.cancel()
        run.save()
        note("notice.cancelled", run, CLOCK, quiet=True, audience=run.audience)
        return run
    run.finish()
    look_after(run)
    run.save()
    note(
        "notice.finished",
        run,
        CLOCK,
        quiet=True,
        audience=run.audience,
        sent=sum(one.accepted for one in ends.values()),
        failed=sum(one.failed for one in ends.values()),
        unclear=sum(one.ambiguous for one in ends.values()),
    )
    return run


def batches_of(run: NoticeRun) -> list[int]:
    return [number for number in run.waves.values_list("batch", flat=True) if number is not None]


def step(run: NoticeRun, origins: set[str], act: Callable[..., object], by: Actor, *, needed: bool = True) -> None:
    """Do it to every batch that stands there; with `needed`, at least one must."""
    batches = batches_of(run)
    there = [number for number in batches if batch_progress(number).state in origins]
    for number in there or (batches[-1:] if needed else []):
        act(batch_id=number, by=by)


def sending(notice_id: int, by: Actor) -> NoticeRun:
    by.require(Permission.SEND_NOTICES)
    run = locked(notice_id)
    if run.state not in {NoticeState.LAUNCHED, NoticeState.FINISHED}:
        refuse_step(run)
    if run.batch is None:
        raise StillPreparing(_("The messages are still being made; try again in a moment."))
    return run


class StillPreparing(Refusal):
    """The worker is making the messages just now."""

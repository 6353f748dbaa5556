"""The waves of a notice: who is sent to together, when, and the making of their messages."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Sum
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from customers import texts
from customers.models import NoticePolicy, NoticeRun, NoticeState, NoticeWave, WaveKind
from customers.operations.capping import leave_out_capped
from customers.operations.drafts import locked, note, policy, refuse_step
from customers.operations.places import count_soon
from dispatch.models import Region
from journal import clock
from journal import operations as journal
from journal.hints import nudge
from journal.refusal import AlreadyDone
from notifications import limits
from notifications import operations as notifications

AT_ONCE = 2_000  # larger waves are filled by a worker, so that the button answers at once
HINT_AGAIN = timedelta(seconds=10)


def plan_waves(run: NoticeRun) -> list[NoticeWave]:
    """One wave for everybody, or one per province, those with core regions first, then the largest."""
    reachable = run.recipients.exclude(channel="")
    if not run.by_zone:
        waves = [NoticeWave(notice=run, number=1, kind=WaveKind.ALL, recipients=run.reachable)]
    else:
        counted = dict(reachable.values_list("zone").annotate(number=Count("id")))
        core = set(Region.objects.filter(core=True).values_list("code", "parent_id"))
        first = {code for pair in core for code in pair}
        zones = sorted(counted, key=lambda zone: (zone not in first, -counted[zone], zone))
        waves = [
            NoticeWave(notice=run, number=number, kind=WaveKind.ZONE, zone=zone, recipients=counted[zone])
            for number, zone in enumerate(zones, 1)
        ]
    return NoticeWave.objects.bulk_create(waves)


def quiet_until(rules: NoticePolicy, moment: datetime) -> datetime | None:
    """When the quiet hours end in which `moment` lies, in the house's zone; None outside them."""
    if rules.quiet_from == rules.quiet_until:
        return None
    local = moment.astimezone(ZoneInfo(settings.TIME_ZONE))
    return limits.quiet_until(local, time(rules.quiet_from), time(rules.quiet_until))


def held_until(run: NoticeRun, moment: datetime) -> datetime | None:
    """Until when a notice waits: an urgent one, and an exercise's, never does."""
    return None if run.urgent or run.exercise is not None else quiet_until(policy(), moment)


def release(run: NoticeRun, wave: NoticeWave, by: Actor, moment: datetime) -> None:
    """Let a wave go, now or when it is not quiet any more; the caller holds the run's lock and saves it."""
    from customers import tasks

    wave.released_by, wave.released_at = str(by), moment
    wave.not_before = held_until(run, moment)
    wave.save(update_fields=["released_by", "released_at", "not_before"])
    count_soon(run)
    due = wave.not_before or moment + HINT_AGAIN
    run.fill_due_at = min(run.fill_due_at or due, due)
    if wave.not_before is None and wave.recipients > AT_ONCE:
        nudge(tasks.fill_notice, notice_id=run.pk)
    clock.wake()


@transaction.atomic
def release_wave(*, notice_id: int, number: int, by: Actor) -> NoticeRun:
    """Send to the next province of a launched notice. Journals notice.wave_released.

    Raises AlreadyDone for a wave that was released, NoticeMoved, NotAllowed.
    """
    by.require(Permission.SEND_NOTICES)
    run = locked(notice_id)
    if run.state != NoticeState.LAUNCHED:
        refuse_step(run)
    wave = run.waves.get(number=number)
    if wave.released_at:
        raise AlreadyDone(_("This province is being told already."), state=run.state)
    release(run, wave, by, clock.now())
    run.save()
    note("notice.wave_released", run, by, wave=number, zone=f"region:{wave.zone}", people=wave.recipients)
    return fill_notice(notice_id=run.pk) if small(wave) else run


def small(wave: NoticeWave) -> bool:
    return wave.not_before is None and wave.recipients <= AT_ONCE


@transaction.atomic
def fill_notice(*, notice_id: int) -> NoticeRun:
    """Make the messages of a notice's released waves and let them go; a wave that has its messages is left alone.

    Acts for whoever released it. Two workers cannot both do it: the run is locked, and message keys are unique.
    """
    run = locked(notice_id)
    if run.state not in {NoticeState.LAUNCHED, NoticeState.FINISHED}:
        return run
    moment = clock.now()
    waiting = list(run.waves.filter(released_at__isnull=False, batch=None))
    for wave in waiting:
        if wave.not_before is None or wave.not_before <= moment:
            fill_wave(run, wave)
    left = [wave.not_before for wave in waiting if wave.batch is None and wave.not_before]
    run.fill_due_at = min(left, default=None)
    run.save()
    journal.touch(run.reference, f"notice:{run.pk}")
    return run


def fill_wave(run: NoticeRun, wave: NoticeWave) -> None:
    by = authority(wave.released_by)
    leave_out_capped(run, wave, policy())
    batch = notifications.open_batch(
        template=run.template,
        by=by,
        reference=run.reference,
        key=f"notice:{run.pk}" if wave.number == 1 else f"notice:{run.pk}:{wave.number}",
        exercise=run.exercise,
        urgent=run.urgent,
    )
    wave.notice = run
    if notifications.fill_batch(batch.pk, *texts.messages_of(wave)):
        notifications.launch_batch(batch_id=batch.pk, by=by)
    else:
        notifications.cancel_batch(batch_id=batch.pk, by=by)
    wave.batch = batch.pk
    wave.save(update_fields=["batch", "recipients"])
    if run.batch is None:
        run.batch = batch.pk


def authority(actor: str) -> Actor:
    """Whoever let a notice go, for the work that follows from it."""
    kind, _colon, key = actor.partition(":")
    return Actor(kind, key, frozenset({Permission.SEND_NOTICES}))


def next_number(run: NoticeRun) -> int:
    return (run.waves.aggregate(most=Max("number"))["most"] or 0) + 1


def unfilled(run: NoticeRun) -> int:
    """People of waves whose messages are not made yet."""
    return run.waves.filter(batch=None).aggregate(number=Sum("recipients"))["number"] or 0

"""The next channel for those whom a message did not reach, and another try."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from customers import reach
from customers.models import NoticeRun, NoticeState, NoticeWave, WaveKind
from customers.operations.drafts import locked, note, policy, refuse_step
from customers.operations.waves import authority, fill_notice, next_number, release, small
from journal import clock
from journal.refusal import Refusal
from notifications.errors import hopeless_codes
from notifications.queries import batch_progress

RECEIPTED = ["sms", "wechat"]  # channels whose providers say whether a message arrived
LOOK_EVERY = timedelta(minutes=1)
LOOK_FOR = timedelta(hours=24)
SENT_OR_LATER = {NoticeState.LAUNCHED, NoticeState.FINISHED}

# The newest message of each recipient that did not arrive. An unclear one is never among them: it may have.
LOST = """
    SELECT m.id AS message, r.id AS recipient, r.order_id, m.channel, m.code, m.state,
        coalesce(nullif(split_part(m.key, ':', 3), '')::int, 0) AS number
    FROM customers_noticewave w
    JOIN notifications_chunk c ON c.batch_id = w.batch AND (c.failed > 0 OR c.sent > 0)
    JOIN notifications_message m ON m.id BETWEEN c.first AND c.last AND m.batch_id = c.batch_id
        AND m.template_id = c.template_id AND {which}
    JOIN customers_noticerecipient r ON r.id = split_part(m.key, ':', 2)::bigint
    WHERE w.notice_id = %(notice)s AND NOT EXISTS (
        SELECT FROM customers_noticeleg l WHERE l.recipient_id = r.id
            AND l.number = coalesce(nullif(split_part(m.key, ':', 3), '')::int, 0) + 1
    )
"""
FAILED = "m.state = 'failed'"
OR_SILENT = """(m.state = 'failed' OR (%(minutes)s > 0 AND m.state = 'sent' AND m.channel = ANY(%(receipted)s)
    AND m.sent_at <= %(moment)s - make_interval(mins => %(minutes)s)))"""
# A message that somebody moves at this moment is left to the next look.
WRITE = """
WITH lost AS MATERIALIZED ({lost} FOR NO KEY UPDATE OF m SKIP LOCKED),
next AS ({next}),
written AS (
    INSERT INTO customers_noticeleg (recipient_id, number, wave_id, channel, because, code, queued_at)
    SELECT recipient, number + 1, %(wave)s, channel,
        CASE state WHEN 'failed' THEN 'failed' ELSE 'undelivered' END, code, %(moment)s
    FROM next WHERE channel IS NOT NULL
    ON CONFLICT DO NOTHING
    RETURNING because
)
SELECT because, count(*) FROM written GROUP BY because
"""
ELSEWHERE = """
    SELECT lost.recipient, lost.number, lost.state, lost.code, {channel} AS channel
    FROM lost
    JOIN dispatch_order o ON o.id = lost.order_id
    LEFT JOIN customers_preference p ON p.customer_ref = o.customer_ref
    CROSS JOIN LATERAL (
        SELECT array_agg(l.channel) || lost.channel || (SELECT r.channel FROM customers_noticerecipient r
            WHERE r.id = lost.recipient) AS channels
        FROM customers_noticeleg l WHERE l.recipient_id = lost.recipient
    ) tried
"""
AGAIN = "SELECT recipient, number, state, code, channel FROM lost WHERE code <> ALL(%(hopeless)s)"
COUNT_FAILED = """
SELECT code, channel, code = ANY(%(hopeless)s), count(*) FROM ({lost}) lost GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2
"""


class NothingToRetry(Refusal):
    """Nobody is left to whom a message failed and could be tried again."""


def look_after(run: NoticeRun) -> None:
    """Have the clock look soon whether somebody needs another channel; the caller saves the run."""
    run.look_at = clock.now()
    clock.wake()


@transaction.atomic
def fall_back(*, notice_id: int) -> int:
    """Queue the next channel's message for everybody whose newest one failed for good, or brought no receipt within
    the policy's minutes; return for how many.

    Each recipient gets one next message however many workers look (one_leg_after_another, under the run's lock), and
    none while the one before is unclear. Acts for whoever launched the notice. Journals notice.fallback.
    """
    run = locked(notice_id)
    if run.state not in SENT_OR_LATER or run.batch is None:
        return 0
    moment, rules = clock.now(), policy()
    ends = [batch_progress(wave.batch) for wave in run.waves.all() if wave.batch]
    if any(one.state == "paused" for one in ends):
        run.look_at = moment + LOOK_EVERY
        run.save(update_fields=["look_at"])
        return 0
    ways = reach.ways(run.template, rules.channels)
    found = add_wave(
        run,
        WaveKind.FALLBACK,
        authority(run.launched_by),
        which=OR_SILENT,
        chosen=ELSEWHERE.format(channel=reach.next_choice(ways.usable, "tried.channels")),
        parameters={**ways.parameters, "minutes": rules.undelivered_minutes, "receipted": RECEIPTED},
    )
    open_still = any(one.queued or one.ambiguous or one.sent for one in ends)
    until = (run.launched_at or moment) + LOOK_FOR
    run.look_at = moment + LOOK_EVERY if (found or open_still) and moment < until else None
    run.save(update_fields=["look_at"])
    return found.recipients if found else 0


@transaction.atomic
def retry_failed(*, notice_id: int, by: Actor) -> NoticeRun:
    """Send once more, on the same channel, to everybody whose newest message failed, but for codes that no repeat
    mends (a bad number, a blacklist).

    Journals notice.retried. Raises NothingToRetry, also to a second click; NoticeMoved, NotAllowed.
    """
    by.require(Permission.SEND_NOTICES)
    run = locked(notice_id)
    if run.state not in SENT_OR_LATER:
        refuse_step(run)
    parameters: dict[str, Any] = {"hopeless": hopeless_codes()}
    wave = add_wave(run, WaveKind.RETRY, by, which=FAILED, chosen=AGAIN, parameters=parameters)
    if wave is None:
        raise NothingToRetry(_("Nobody is left to whom it could be sent again."))
    return NoticeRun.objects.get(pk=run.pk)


def add_wave(
    run: NoticeRun, kind: WaveKind, by: Actor, *, which: str, chosen: str, parameters: dict[str, Any]
) -> NoticeWave | None:
    """A wave of further messages, released; None when nobody needs one. The caller holds the run's lock."""
    moment = clock.now()
    wave = NoticeWave.objects.create(notice=run, number=next_number(run), kind=kind)
    with connection.cursor() as cursor:
        cursor.execute(
            WRITE.format(lost=LOST.format(which=which), next=chosen),
            {"notice": run.pk, "wave": wave.pk, "moment": moment, **parameters},
        )
        counted = dict(cursor.fetchall())
    if not counted:
        wave.delete()
        return None
    wave.after_failure, wave.after_silence = counted.get("failed", 0), counted.get("undelivered", 0)
    wave.recipients = sum(counted.values())
    wave.save()
    release(run, wave, by, moment)
    run.look_at = moment + LOOK_EVERY
    run.save()
    name = "notice.retried" if kind == WaveKind.RETRY else "notice.fallback"
    note(name, run, by, wave=wave.number, people=wave.recipients)
    if small(wave):
        fill_notice(notice_id=run.pk)
        run.refresh_from_db()
    return wave


def failed_now(run: NoticeRun) -> list[tuple[str, str, bool, int]]:
    """(code, channel, hopeless, people) of those whose newest message failed, most first."""
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT_FAILED.format(lost=LOST.format(which=FAILED)), {"notice": run.pk, "hopeless": hopeless_codes()}
        )
        return cursor.fetchall()

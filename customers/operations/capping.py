"""The daily cap once more when messages are made: other notices may have left since the audience was frozen."""

from __future__ import annotations

from typing import Any

from django.db import connection

from customers.lately import FIRST, WRITTEN_TO, midnight, waves_since
from customers.models import NoticeKind, NoticePolicy, NoticeRun, NoticeWave
from journal import clock

# Whoever the other notices of today wrote to as often as anybody may be.
LEAVE_OUT = f"""
WITH lately AS (SELECT r.customer_ref {WRITTEN_TO} GROUP BY 1 HAVING count(*) >= %(cap)s),
left_out AS (
    UPDATE customers_noticerecipient r SET channel = '', reason = 'capped'
    FROM lately l
    WHERE r.notice_id = %(notice)s AND r.customer_ref = l.customer_ref AND (%(zone)s = '' OR r.zone = %(zone)s)
        AND r.channel <> ''
    RETURNING old.channel
)
SELECT channel, count(*) FROM left_out GROUP BY 1
"""


def leave_out_capped(run: NoticeRun, wave: NoticeWave, rules: NoticePolicy) -> None:
    """Take those out of a first wave who have had enough since the notice was prepared, with that reason. The caller
    holds the run's lock and saves both.

    A correction passes: what was wrong is put right however often somebody was written to. A further try of the same
    notice is no other notice.
    """
    if wave.kind not in FIRST or run.kind == NoticeKind.CORRECTION or not rules.cap_per_day:
        return
    if not waves_since(run.prepared_at, run.exercise, before=wave):
        return
    today = waves_since(midnight(clock.now()), run.exercise, before=wave)
    values: dict[str, Any] = {"notice": run.pk, "waves": today, "cap": rules.cap_per_day, "zone": wave.zone}
    with connection.cursor() as cursor:
        cursor.execute(LEAVE_OUT, values)
        gone = dict(cursor.fetchall())
    for channel, number in gone.items():
        run.by_channel[channel] = run.by_channel.get(channel, 0) - number
    run.by_channel = {channel: number for channel, number in run.by_channel.items() if number > 0}
    out = sum(gone.values())
    run.reachable -= out
    wave.recipients -= out

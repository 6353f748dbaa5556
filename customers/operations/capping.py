"""The daily cap once more when messages are made: other notices may have left since the audience was frozen."""

from __future__ import annotations

from django.db import connection

from customers.audience import midnight
from customers.models import NoticeKind, NoticePolicy, NoticeRun, NoticeWave, WaveKind
from journal import clock

# Whoever was written to by notices that were launched before this one, today, as often as anybody may be. Two notices
# that leave at the same moment are in an order, so that one of them reaches the person.
LEAVE_OUT = """
WITH lately AS (
    SELECT r.customer_ref
    FROM customers_noticerun n
    JOIN customers_noticerecipient r ON r.notice_id = n.id AND r.channel <> ''
    WHERE n.launched_at >= %(today)s AND (n.launched_at, n.id) < (%(launched)s, %(notice)s)
        AND n.state <> 'cancelled' AND n.exercise IS NOT DISTINCT FROM %(exercise)s
    GROUP BY 1 HAVING count(*) >= %(cap)s
),
left_out AS (
    UPDATE customers_noticerecipient r SET channel = '', reason = 'capped'
    FROM lately l
    WHERE r.notice_id = %(notice)s AND r.customer_ref = l.customer_ref AND (%(zone)s = '' OR r.zone = %(zone)s)
        AND r.channel <> ''
    RETURNING old.channel
)
SELECT channel, count(*) FROM left_out GROUP BY 1
"""


def leave_out_capped(run: NoticeRun, wave: NoticeWave, rules: NoticePolicy) -> int:
    """Take those out of a first wave who have had enough since the notice was prepared, with that reason; return how
    many. The caller holds the run's lock and saves both.

    A correction passes: what was wrong is put right however often somebody was written to. A further try of the same
    notice is no other notice.
    """
    first = wave.kind in {WaveKind.ALL, WaveKind.ZONE} and run.kind != NoticeKind.CORRECTION
    since = NoticeRun.objects.filter(launched_at__gt=run.prepared_at, launched_at__lte=run.launched_at)
    if not (first and rules.cap_per_day and since.exclude(pk=run.pk).exists()):
        return 0
    values = {
        "notice": run.pk,
        "launched": run.launched_at,
        "exercise": run.exercise,
        "cap": rules.cap_per_day,
        "zone": wave.zone,
        "today": midnight(clock.now()),
    }
    with connection.cursor() as cursor:
        cursor.execute(LEAVE_OUT, values)
        gone = dict(cursor.fetchall())
    for channel, number in gone.items():
        run.by_channel[channel] = run.by_channel.get(channel, 0) - number
    run.by_channel = {channel: number for channel, number in run.by_channel.items() if number > 0}
    out = sum(gone.values())
    run.reachable -= out
    wave.recipients -= out
    return out

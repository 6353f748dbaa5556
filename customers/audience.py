"""Who is told: one row per customer, chosen and counted in one statement however many they are."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import connection

from customers import reach
from customers.filters import Filters, read_filters
from customers.lately import WRITTEN_TO, midnight, waves_since
from customers.models import NoticeKind, NoticePolicy, NoticeRun
from dispatch.models import Region
from journal import clock

# Orders without a customer reference are told apart by their phone number or address, of which a digest is kept.
WHO = """CASE
    WHEN o.customer_ref <> '' THEN o.customer_ref
    WHEN o.phone <> '' THEN 'phone:' || left(encode(sha256(convert_to(o.phone, 'UTF8')), 'hex'), 32)
    WHEN o.email <> '' THEN 'email:' || left(encode(sha256(convert_to(lower(o.email), 'UTF8')), 'hex'), 32)
    ELSE 'order:' || o.id
END"""
LANGUAGE = "CASE WHEN coalesce(nullif(p.language, ''), o.language) LIKE 'en%%' THEN 'en' ELSE 'zh-hans' END"

# The orders of the affected set that are still on their way and pass the filters.
AFFECTED = """
    FROM dispatch_affectedorder a
    JOIN dispatch_order o ON o.id = a.order_id
    LEFT JOIN customers_preference p ON p.customer_ref = o.customer_ref
    WHERE a.affected_set_id = %(affected_set)s AND o.state IN ('open', 'dispatched')
"""
# Those whom a notice told: every recipient with a message that a provider took, or may have taken.
TOLD = """
    FROM (
        SELECT DISTINCT ON (r.customer_ref) r.customer_ref, r.order_id, r.orders
        FROM customers_noticewave w
        JOIN notifications_chunk c ON c.batch_id = w.batch
        JOIN notifications_message m ON m.id BETWEEN c.first AND c.last AND m.batch_id = c.batch_id
            AND m.template_id = c.template_id AND m.state IN ('sent', 'delivered', 'ambiguous')
        JOIN customers_noticerecipient r ON r.id = split_part(m.key, ':', 2)::bigint
        WHERE w.notice_id = ANY(%(followed)s)
        ORDER BY r.customer_ref, r.id DESC
    ) t
    JOIN dispatch_order o ON o.id = t.order_id
    LEFT JOIN customers_preference p ON p.customer_ref = o.customer_ref
    WHERE TRUE
"""
FILTERS = {
    "regions": "o.region_id = ANY(%(regions)s)",
    "at_risk": "o.promise_at <= %(eta)s",
    "tiers": """EXISTS (SELECT FROM customers_customertier x
        WHERE x.customer_ref = o.customer_ref AND x.tier = ANY(%(tiers)s))""",
    "priority": "o.priority >= %(priority)s",
    "value_from": "o.value >= %(value_from)s",
    "value_to": "o.value <= %(value_to)s",
}

# 1. Provinces. 2. Whom we wrote to lately, in this matter or another. 3. The orders, each with its person and how they
# can be reached. 4. One row per customer: the order whose contact suits the preference best, then the one promised
# first. 5. Who was told of this already; cap and other matters.
CHOSEN = """
WITH RECURSIVE zones(code, zone) AS (
    SELECT code, code FROM dispatch_region WHERE parent_id IS NULL
    UNION ALL SELECT g.code, z.zone FROM dispatch_region g JOIN zones z ON g.parent_id = z.code
),
lately AS (
    SELECT r.customer_ref, count(*) FILTER (WHERE w.id = ANY(%(today)s)) AS today,
        bool_or(n.reference <> %(reference)s AND w.id = ANY(%(told_lately)s)) AS elsewhere
    {written_to}
    GROUP BY 1
),
reached AS (
    SELECT o.id, o.promise_at, o.region_id, p.channel AS preference, {who} AS who, {orders} AS orders,
        {channel} AS channel, {language} AS language, {any_address} AS addressed
    {source} {filters}
),
person AS (
    SELECT DISTINCT ON (who) who, id, region_id, channel, language, preference, addressed,
        sum(orders) OVER (PARTITION BY who) AS orders
    FROM reached
    ORDER BY who, channel = '', channel IS DISTINCT FROM preference, promise_at, id
),
chosen AS MATERIALIZED (
    SELECT who, id, orders, language, coalesce(z.zone, region_id) AS zone,
        EXISTS (SELECT FROM customers_noticerecipient t WHERE t.reference = %(reference)s
            AND t.template = %(template)s AND t.customer_ref = who AND t.round = %(round)s
            AND t.channel <> '' AND t.notice_id <> %(notice)s) AS told,
        CASE WHEN %(cap)s > 0 AND l.today >= %(cap)s THEN ''
            WHEN %(skip_told)s AND l.elsewhere THEN '' ELSE channel END AS channel,
        CASE WHEN channel = '' THEN CASE WHEN preference = 'none' THEN 'opted_out'
                WHEN addressed THEN 'no_words' ELSE 'no_address' END
            WHEN %(cap)s > 0 AND l.today >= %(cap)s THEN 'capped'
            WHEN l.elsewhere THEN 'told_elsewhere' ELSE '' END AS reason
    FROM person
    LEFT JOIN zones z ON z.code = region_id
    LEFT JOIN lately l ON l.customer_ref = who
    WHERE {chosen}
)
"""
FREEZE = """,
written AS (
    INSERT INTO customers_noticerecipient
        (notice_id, reference, template, round, customer_ref, order_id, orders, channel, language, reason, zone)
    SELECT %(notice)s, %(reference)s, %(template)s, %(round)s, who, id, orders, channel, language, reason, zone
    FROM chosen WHERE NOT told
    ON CONFLICT DO NOTHING
    RETURNING channel, language, reason, zone
)
SELECT channel, language, reason, zone, false, count(*) FROM written GROUP BY 1, 2, 3, 4
UNION ALL SELECT '', '', '', '', true, count(*) FROM chosen WHERE told HAVING count(*) > 0
"""
COUNT = "SELECT channel, language, reason, zone, told, count(*) FROM chosen GROUP BY 1, 2, 3, 4, 5"


@dataclass
class Counted:
    """People by what becomes of them. `told` were told of this matter before and are not among the `people`.

    `reasons` say why somebody is not written to; `elsewhere` are written to although lately told of another matter.
    """

    people: int = 0
    reachable: int = 0
    told: int = 0
    elsewhere: int = 0
    channels: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    zones: Counter[str] = field(default_factory=Counter)

    def add(self, row: tuple[str, str, str, str, bool, int]) -> None:
        channel, language, reason, zone, told, number = row
        if told:
            self.told += number
            return
        self.people += number
        self.zones[zone] += number
        if not channel:
            self.reasons[reason] += number
            return
        self.reachable += number
        self.channels[channel] += number
        self.languages[language] += number
        if reason:
            self.elsewhere += number


def freeze(run: NoticeRun, policy: NoticePolicy) -> None:
    """Write the run's recipients anew and set its counts; the caller holds the run's lock and saves."""
    run.recipients.all().delete()
    found = chosen(run, read_filters(run.filters), policy, FREEZE)
    run.audience, run.reachable = found.people, found.reachable
    run.by_channel = dict(found.channels)
    run.left_out = {"told": found.told} if found.told else {}


def count(run: NoticeRun, filters: Filters, policy: NoticePolicy) -> Counted:
    """Whom the run would reach with these filters; nothing is written."""
    return chosen(run, filters, policy, COUNT)


def chosen(run: NoticeRun, filters: Filters, policy: NoticePolicy, statement: str) -> Counted:
    moment = clock.now()
    ways = reach.ways(run.template, policy.channels)
    corrects = run.kind == NoticeKind.CORRECTION
    today = waves_since(midnight(moment), run.exercise)
    told_lately = waves_since(moment - timedelta(hours=policy.told_hours), run.exercise)
    parameters: dict[str, Any] = {
        **ways.parameters,
        "notice": run.pk or 0,
        "reference": run.reference,
        "template": run.template,
        "round": run.follows_id or 0,
        "affected_set": run.affected_set,
        "followed": followed(run),
        "eta": run.eta,
        "today": today,
        "told_lately": told_lately,
        "waves": today + told_lately,
        # What was wrong is put right however often somebody was written to.
        "cap": 0 if corrects else policy.cap_per_day,
        "skip_told": filters.skip_told and not corrects,
        "regions": inside(filters.regions),
        "tiers": list(filters.tiers),
        "priority": filters.priority,
        "value_from": filters.value_from,
        "value_to": filters.value_to,
        "channels": list(filters.channels),
    }
    given = filters.to_json()
    first = run.kind == NoticeKind.FIRST
    narrowed = [test for name, test in FILTERS.items() if name in given]
    if run.kind == NoticeKind.FOLLOW_UP:
        narrowed.append("o.state IN ('open', 'dispatched')")
    sql = CHOSEN.format(
        written_to=WRITTEN_TO,
        who=WHO if first else "t.customer_ref",
        orders="1" if first else "t.orders",
        channel=reach.choice(ways.usable),
        language=LANGUAGE,
        any_address=reach.ANY_ADDRESS,
        source=AFFECTED if first else TOLD,
        filters="".join(f" AND {test}" for test in narrowed),
        chosen="channel = ANY(%(channels)s)" if filters.channels else "TRUE",
    )
    found = Counted()
    with connection.cursor() as cursor:
        cursor.execute(sql + statement, parameters)
        for row in cursor.fetchall():
            found.add(row)
    return found


def followed(run: NoticeRun) -> list[int]:
    """The runs whose people a follow-up or correction is for: the one corrected; or all of that matter and text."""
    if run.kind == NoticeKind.CORRECTION and run.follows_id:
        return [run.follows_id]
    if run.kind == NoticeKind.FOLLOW_UP and run.follows is not None:
        same = NoticeRun.objects.filter(reference=run.reference, template=run.follows.template)
        return list(same.exclude(kind=NoticeKind.CORRECTION).exclude(pk=run.pk).values_list("pk", flat=True))
    return []


def inside(codes: tuple[str, ...]) -> list[str]:
    """These regions and all that lie inside them."""
    found = set(codes)
    children: dict[str, list[str]] = {}
    for code, parent in Region.objects.exclude(parent=None).values_list("code", "parent_id"):
        children.setdefault(parent, []).append(code)
    waiting = list(codes)
    while waiting:
        below = children.get(waiting.pop(), [])
        found.update(below)
        waiting += below
    return sorted(found)

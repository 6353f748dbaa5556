"""Who is told: one row per customer of an affected set, in one statement however many they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Count

from customers import links
from customers.models import NoticeRun

# 1. Orders of the set that are still on their way, each with the person it is for and how they can be reached.
#    Orders without a customer reference are told apart by their phone number or address, of which a digest is kept.
# 2. One row per customer: the order whose contact suits the preference best, then the one promised first.
# 3. Whoever was told for this reference and template before is left out by the constraint.
FREEZE = """
INSERT INTO customers_noticerecipient
    (notice_id, reference, template, customer_ref, order_id, orders, channel, language, reason)
SELECT %(notice)s, %(reference)s, %(template)s, who, id, orders, channel, language, reason
FROM (
    SELECT DISTINCT ON (who) who, id, channel, language,
        count(*) OVER (PARTITION BY who) AS orders,
        CASE WHEN channel <> '' THEN '' WHEN preference = 'none' THEN 'opted_out' ELSE 'no_address' END AS reason
    FROM (
        SELECT o.id, o.promise_at, p.channel AS preference,
            CASE
                WHEN o.customer_ref <> '' THEN o.customer_ref
                WHEN o.phone <> '' THEN 'phone:' || left(encode(sha256(convert_to(o.phone, 'UTF8')), 'hex'), 32)
                WHEN o.email <> '' THEN
                    'email:' || left(encode(sha256(convert_to(lower(o.email), 'UTF8')), 'hex'), 32)
                ELSE 'order:' || o.id
            END AS who,
            CASE
                WHEN p.channel = 'none' THEN ''
                WHEN p.channel = 'email' AND o.email ~ %(email)s THEN 'email'
                WHEN o.phone ~ %(phone)s THEN 'sms'
                WHEN o.email ~ %(email)s THEN 'email'
                ELSE ''
            END AS channel,
            CASE WHEN coalesce(nullif(p.language, ''), o.language) LIKE 'en%%' THEN 'en' ELSE 'zh-hans' END AS language
        FROM dispatch_affectedorder a
        JOIN dispatch_order o ON o.id = a.order_id
        LEFT JOIN customers_preference p ON p.customer_ref = o.customer_ref
        WHERE a.affected_set_id = %(affected_set)s AND o.state IN ('open', 'dispatched')
    ) reached
    ORDER BY who, channel = '', channel IS DISTINCT FROM preference, promise_at, id
) chosen
ON CONFLICT DO NOTHING
"""

PHONE = r"^\+?[0-9][0-9 -]{5,18}[0-9]$"
EMAIL = r"^[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+$"

# (key, channel, destination, language, variables) of every reachable recipient, as notifications.fill_batch takes it.
MESSAGES = f"""
SELECT 'notice:' || r.id, r.channel, CASE r.channel WHEN 'sms' THEN o.phone ELSE o.email END, r.language,
    jsonb_build_object(
        'no', CASE
            WHEN r.orders = 1 THEN o.external_id
            WHEN r.language = 'en' THEN o.external_id || ' (and ' || r.orders - 1 || ' more)'
            ELSE o.external_id || '等' || r.orders || '单'
        END,
        'area', CASE WHEN r.language = 'en' AND g.name_en <> '' THEN g.name_en ELSE g.name END,
        'cause', CASE r.language WHEN 'en' THEN %(cause_en)s ELSE %(cause)s END,
        'eta', CASE r.language WHEN 'en' THEN %(eta_en)s ELSE %(eta)s END,
        'time', CASE r.language WHEN 'en' THEN %(time_en)s ELSE %(time)s END,
        'url', %(base)s || {links.TOKEN_SQL} || '/'
    )
FROM customers_noticerecipient r
JOIN dispatch_order o ON o.id = r.order_id
JOIN dispatch_region g ON g.code = o.region_id
WHERE r.notice_id = %(notice)s AND r.channel <> ''
"""

NAMED = re.compile(r"%\((\w+)\)s")

# What MESSAGES can fill in; a template that declares more cannot be sent by a notice.
FILLED = frozenset({"no", "area", "cause", "eta", "time", "url"})


def freeze(run: NoticeRun) -> None:
    """Write the run's recipients anew and set its counts; the caller holds the run's lock and saves."""
    run.recipients.all().delete()
    with connection.cursor() as cursor:
        cursor.execute(
            FREEZE,
            {
                "notice": run.pk,
                "reference": run.reference,
                "template": run.template,
                "affected_set": run.affected_set,
                "phone": PHONE,
                "email": EMAIL,
            },
        )
    counted = dict(run.recipients.values_list("channel").annotate(number=Count("id")).order_by("channel"))
    run.audience = sum(counted.values())
    run.reachable = run.audience - counted.pop("", 0)
    run.by_channel = counted


def messages(run: NoticeRun, *, only: Sequence[int] | None = None) -> tuple[str, list[Any]]:
    """The SELECT that makes the run's messages, or those of `only` these recipients, and its parameters in order."""
    zone = ZoneInfo(settings.TIME_ZONE)
    parameters: dict[str, Any] = {
        "notice": run.pk,
        "cause": run.cause or "突发情况",
        "cause_en": run.cause_en or "an unforeseen event",
        "base": f"{settings.PUBLIC_URL}/s/",
        **links.pads(links.link_key(settings.SECRET_KEY)),
    }
    for name, moment in (("eta", run.eta), ("time", run.since)):
        parameters[name], parameters[f"{name}_en"] = spoken(moment.astimezone(zone))
    sql = MESSAGES
    if only is not None:
        sql += " AND r.id = ANY(%(only)s)"
        parameters["only"] = list(only)
    return NAMED.sub("%s", sql), [parameters[name] for name in NAMED.findall(sql)]


def spoken(moment: datetime) -> tuple[str, str]:
    """A time as a customer reads it, in Chinese and in English."""
    return (
        f"{moment.month}月{moment.day}日{moment.hour}时" + (f"{moment.minute:02}分" if moment.minute else ""),
        f"{moment:%H:%M} on {moment.day} {moment:%b}",
    )

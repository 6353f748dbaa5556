"""What a notice fills into its template, for each recipient, as SQL."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from psycopg2.extras import Json

from customers import links, reach
from customers.models import NoticeRun, NoticeWave, WaveKind
from notifications.defaults import STAFF
from notifications.models import Template
from notifications.variables import kind_of


def template_label(code: str) -> str:
    """A template's name in the active language."""
    template = Template.objects.filter(code=code).order_by("-version").first()
    return template.label if template else code


def numbers(row: str, number: str) -> str:
    """How the orders of `row` are called by the `number` of one of them: with how many there are."""
    return f"""CASE
            WHEN {row}.orders = 1 THEN {number}
            WHEN {row}.language = 'en' THEN {number} || ' (and ' || {row}.orders - 1 || ' more)'
            ELSE {number} || '等' || {row}.orders || '单'
        END"""


VARIABLES = f"""
    %(values)s::jsonb -> r.language || jsonb_build_object(
        'no', {numbers("r", "o.external_id")},
        'area', CASE WHEN r.language = 'en' AND g.name_en <> '' THEN g.name_en ELSE g.name END,
        'cause', CASE r.language WHEN 'en' THEN %(cause_en)s ELSE %(cause)s END,
        'eta', CASE r.language WHEN 'en' THEN %(eta_en)s ELSE %(eta)s END,
        'time', CASE r.language WHEN 'en' THEN %(time_en)s ELSE %(time)s END,
        'url', %(base)s || {{token}} || '/'
    )
"""
# (key, channel, destination, language, variables) of recipients, as notifications.fill_batch takes it.
FIRST = f"""
SELECT 'notice:' || r.id, r.channel, {reach.address("r.channel")}, r.language, {VARIABLES}
FROM customers_noticerecipient r
JOIN dispatch_order o ON o.id = r.order_id
JOIN dispatch_region g ON g.code = o.region_id
LEFT JOIN customers_preference p ON p.customer_ref = o.customer_ref
WHERE r.notice_id = %(notice)s AND r.channel <> ''
"""
LATER = f"""
SELECT 'notice:' || r.id || ':' || l.number, l.channel, {reach.address("l.channel")}, r.language, {VARIABLES}
FROM customers_noticeleg l
JOIN customers_noticerecipient r ON r.id = l.recipient_id
JOIN dispatch_order o ON o.id = r.order_id
JOIN dispatch_region g ON g.code = o.region_id
LEFT JOIN customers_preference p ON p.customer_ref = o.customer_ref
WHERE l.wave_id = %(wave)s
"""
NAMED = re.compile(r"%\((\w+)\)s")

# What orders and the draft always give.
FILLED = frozenset({"no", "area", "cause", "eta", "time", "url"})
FREE = frozenset({"text", "link"})
LANGUAGES = ("zh-hans", "en")


def messages(run: NoticeRun, *, only: Sequence[int] | None = None) -> tuple[str, list[Any]]:
    """The SELECT that makes the first messages of a run, or of `only` these recipients, and its parameters."""
    sql, parameters = FIRST, shared(run)
    if only is not None:
        sql += " AND r.id = ANY(%(only)s)"
        parameters["only"] = list(only)
    return ordered(sql, parameters)


def messages_of(wave: NoticeWave) -> tuple[str, list[Any]]:
    """The SELECT that makes the messages of a wave."""
    parameters = shared(wave.notice) | {"wave": wave.pk, "zone": wave.zone}
    if wave.kind in {WaveKind.FALLBACK, WaveKind.RETRY}:
        return ordered(LATER, parameters)
    return ordered(FIRST + (" AND r.zone = %(zone)s" if wave.kind == WaveKind.ZONE else ""), parameters)


def shared(run: NoticeRun) -> dict[str, Any]:
    zone = ZoneInfo(settings.TIME_ZONE)
    values = {
        language: {name: pair[number] or pair[0] for name, pair in run.values.items()}
        for number, language in enumerate(LANGUAGES)
    }
    parameters: dict[str, Any] = {
        "notice": run.pk,
        "values": Json(values),
        "cause": run.cause or "突发情况",
        "cause_en": run.cause_en or "an unforeseen event",
        **linked(),
    }
    for name, moment in (("eta", run.eta), ("time", run.since)):
        parameters[name], parameters[f"{name}_en"] = spoken(moment.astimezone(zone))
    return parameters


def linked() -> dict[str, Any]:
    """What a SELECT with links to customers' pages, %(base)s || {token}, is given for them."""
    return {"base": f"{settings.PUBLIC_URL}/s/", **links.pads(links.link_key(settings.SECRET_KEY))}


def ordered(sql: str, parameters: dict[str, Any]) -> tuple[str, list[Any]]:
    """A SELECT and its parameters in the order of its words, as notifications.fill_batch takes them."""
    sql = sql.replace("{token}", links.TOKEN_SQL)
    return NAMED.sub("%s", sql), [parameters[name] for name in NAMED.findall(sql)]


def spoken(moment: datetime) -> tuple[str, str]:
    """A time as a customer reads it, in Chinese and in English."""
    return (
        f"{moment.month}月{moment.day}日{moment.hour}时" + (f"{moment.minute:02}分" if moment.minute else ""),
        f"{moment:%H:%M} on {moment.day} {moment:%b}",
    )


def asked_of(templates: Sequence[Template]) -> tuple[list[str], list[str]]:
    """Of what templates declare beyond what is always given: what the draft asks a person for, and what nobody here
    can give (figures of each order)."""
    open_names: dict[str, bool] = {}
    for template in templates:
        for name in template.variables:
            if name not in FILLED:
                open_names[name] = template.code not in STAFF and kind_of(template, name).kind in FREE
    return [name for name, free in open_names.items() if free], [name for name, free in open_names.items() if not free]

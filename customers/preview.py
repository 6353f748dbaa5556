"""What a notice will look like: real texts for real people with masked addresses, their length and what they cost."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Count

from customers import texts
from customers.models import NoticePolicy, NoticeRun
from customers.text import mask, segments
from dispatch.models import Region
from notifications.models import Template
from notifications.queries import current_template
from notifications.rendering import DRILL_PREFIX, render, render_line

SHOWN = 5
SAMPLED = 200  # messages from which length and cost of the whole are estimated


@dataclass(frozen=True)
class Sample:
    """One message as its recipient will read it. `length` in characters with the signature, `segments` billed."""

    channel: str
    language: str
    destination: str
    subject: str
    text: str
    length: int
    segments: int


@dataclass(frozen=True)
class ChannelCount:
    """Recipients of a channel, how many SMS segments they need on average, and what that costs (CNY)."""

    channel: str
    recipients: int
    segments: float
    cost: Decimal


@dataclass(frozen=True)
class Preview:
    """`samples` are five real recipients, of each channel and language if there are any."""

    samples: list[Sample]
    channels: list[ChannelCount]
    reasons: dict[str, int]
    languages: dict[str, int]
    regions: list[tuple[str, int]]
    longest: int
    cost: Decimal


def preview_of(run: NoticeRun, policy: NoticePolicy) -> Preview:
    """Raises UnknownTemplate or TemplateNotApproved when the words have gone since."""
    rendered = [sample(row, run, policy) for row in drawn(run)]
    rows = run.recipients.values_list("channel").annotate(number=Count("id")).order_by("-number")
    channels = [channel_count(channel, number, rendered, policy) for channel, number in rows if channel]
    return Preview(
        samples=varied(rendered),
        channels=channels,
        reasons=dict(run.recipients.filter(channel="").values_list("reason").annotate(number=Count("id"))),
        languages=dict(run.recipients.exclude(channel="").values_list("language").annotate(number=Count("id"))),
        regions=by_region(run),
        longest=max((one.length for one in rendered if one.channel == "sms"), default=0),
        cost=sum((one.cost for one in channels), Decimal(0)),
    )


DRAWN = """
SELECT channel, destination, language, variables::text
FROM ({sql}) AS s(key, channel, destination, language, variables) ORDER BY key
"""


def drawn(run: NoticeRun) -> list[tuple[str, str, str, dict[str, Any]]]:
    """(channel, destination, language, variables) of up to 200 recipients, some of each channel and language."""
    ids: list[int] = []
    reachable = run.recipients.exclude(channel="")
    for channel, language in reachable.values_list("channel", "language").distinct().order_by("channel", "language"):
        some = reachable.filter(channel=channel, language=language).order_by("id")
        ids += some.values_list("id", flat=True)[: SAMPLED // 4]
    sql, parameters = texts.messages(run, only=ids)
    with connection.cursor() as cursor:
        cursor.execute(DRAWN.format(sql=sql), parameters)
        return [
            (channel, to, language, json.loads(variables)) for channel, to, language, variables in cursor.fetchall()
        ]


def sample(row: tuple[str, str, str, dict[str, Any]], run: NoticeRun, policy: NoticePolicy) -> Sample:
    channel, destination, language, variables = row
    template = words(run.template, channel, language)
    text = render(template.body, template.variables, variables)
    if run.exercise is not None:
        text = DRILL_PREFIX + text
    signed = f"【{policy.signature}】{text}" if channel == "sms" else text
    return Sample(
        channel=channel,
        language=language,
        destination=mask(destination),
        subject=render_line(template.subject, template.variables, variables),
        text=signed,
        length=len(signed),
        segments=segments(signed) if channel == "sms" else 0,
    )


def words(code: str, channel: str, language: str) -> Template:
    return current_template(code=code, channel=channel, language=language)


def varied(samples: list[Sample]) -> list[Sample]:
    """Five of them: first one of each channel and language, then the rest in order."""
    first: dict[tuple[str, str], Sample] = {}
    for one in samples:
        first.setdefault((one.channel, one.language), one)
    chosen = list(first.values())
    chosen += [one for one in samples if not any(one is other for other in chosen)]
    return chosen[:SHOWN]


def channel_count(channel: str, number: int, samples: list[Sample], policy: NoticePolicy) -> ChannelCount:
    found = [one.segments for one in samples if one.channel == channel]
    average = sum(found) / len(found) if found else 0.0
    cost = policy.sms_price * Decimal(str(round(average * number, 1))) if channel == "sms" else Decimal(0)
    return ChannelCount(channel, number, round(average, 2), cost.quantize(Decimal("0.01")))


BY_REGION = """
SELECT coalesce(g.parent_id, g.code), count(*)
FROM customers_noticerecipient r
JOIN dispatch_order o ON o.id = r.order_id
JOIN dispatch_region g ON g.code = o.region_id
WHERE r.notice_id = %s GROUP BY 1 ORDER BY 2 DESC, 1
"""


def by_region(run: NoticeRun) -> list[tuple[str, int]]:
    """(province or place, recipients), most first."""
    with connection.cursor() as cursor:
        cursor.execute(BY_REGION, [run.pk])
        rows = cursor.fetchall()
    names = Region.objects.in_bulk([code for code, _number in rows])
    return [(names[code].label, number) for code, number in rows]

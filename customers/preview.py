"""What a notice will look like: real texts for real people with masked addresses, their length and what they cost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from django.db import connection
from django.db.models import Count

from customers import reach, texts
from customers.finish import finish_at, pace_of
from customers.models import NoticePolicy, NoticeRun
from customers.operations.drafts import unsaid
from customers.operations.waves import held_until
from customers.text import mask, segments
from dispatch.models import Region
from journal.clock import now
from notifications.models import Template
from notifications.queries import current_templates
from notifications.rendering import DRILL_PREFIX, render, render_line
from notifications.standing import FALLBACK

SHOWN = 5
SAMPLED = 200  # messages from which length and cost of the whole are estimated


Name = TypeVar("Name", bound=Hashable)


class Group(NamedTuple):
    """People of a notice who are alike in all that its preview counts."""

    channel: str
    language: str
    zone: str
    reason: str


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
    """Recipients of a channel, how many SMS segments they need on average, and what that costs (CNY).

    `per_minute` is what its gateway takes (None: no limit is set), `ahead` what waits for it already, `finish_at` when
    the last message is out.
    """

    channel: str
    recipients: int
    segments: float
    cost: Decimal
    per_minute: int | None = None
    ahead: int = 0
    finish_at: datetime | None = None


@dataclass(frozen=True)
class Blocked:
    """A channel that the policy names and this notice cannot use, or a language that is told in Chinese: `why` is
    "no_words", "no_provider", "not_approved" (by its providers) or "in_chinese"; `people` are those of the frozen
    audience who would have it."""

    channel: str
    language: str
    why: str
    people: int


@dataclass(frozen=True)
class Preview:
    """`samples` are five real recipients, of each channel and language if there are any. `elsewhere` were told of
    another matter lately. `starts_at` is when a launch now would begin, `finish_at` when the slowest channel ends."""

    samples: list[Sample]
    channels: list[ChannelCount]
    reasons: dict[str, int]
    languages: dict[str, int]
    regions: list[tuple[str, int]]
    longest: int
    cost: Decimal
    zones: dict[str, int]
    elsewhere: int
    blocked: list[Blocked]
    unsaid: list[str]
    starts_at: datetime
    held: bool
    finish_at: datetime | None

    @property
    def stuck(self) -> list[Blocked]:
        """Channels of the frozen audience that cannot be used any more: the notice is not launched with them."""
        return [one for one in self.blocked if one.people and not one.language]


def preview_of(run: NoticeRun, policy: NoticePolicy) -> Preview:
    """Raises UnknownTemplate or TemplateNotApproved when the words have gone since."""
    lacking = unsaid(run)
    words = {(row.channel, row.language): row for row in current_templates(run.template)}
    said = {channel for channel, language in words if language == FALLBACK}
    people = counted(run)
    rendered = [sample(row, words, run, policy, lacking) for row in drawn(run, people) if row[0] in said]
    moment = now()
    held = held_until(run, moment)
    start = held or moment
    channels = [
        channel_count(channel, number, rendered, run, start=start, price=policy.sms_price)
        for channel, number in summed(people, lambda group: group.channel).items()
        if channel
    ]
    zones = summed(people, lambda group: group.zone)
    return Preview(
        samples=varied(rendered),
        channels=channels,
        reasons=summed(people, lambda group: None if group.channel else group.reason),
        languages=summed(people, lambda group: group.language if group.channel else None),
        regions=named(zones),
        longest=max((one.length for one in rendered if one.channel == "sms"), default=0),
        cost=sum((one.cost for one in channels), Decimal(0)),
        zones=zones,
        elsewhere=sum(number for group, number in people.items() if group.channel and group.reason == "told_elsewhere"),
        blocked=blocked_of(run, policy, set(words), people),
        unsaid=lacking,
        starts_at=start,
        held=held is not None,
        finish_at=max((one.finish_at for one in channels if one.finish_at), default=None),
    )


def counted(run: NoticeRun) -> dict[Group, int]:
    """The audience in groups, by one pass over it: it may be a million people."""
    rows = run.recipients.values_list(*Group._fields).annotate(number=Count("id"))
    return {Group(*row[:-1]): row[-1] for row in rows.order_by(*Group._fields)}


def summed(people: Mapping[Group, int], key: Callable[[Group], Name | None]) -> dict[Name, int]:
    """People by what `key` says of their group, most first; None leaves a group out."""
    found: Counter[Name] = Counter()
    for group, number in people.items():
        if (name := key(group)) is not None:
            found[name] += number
    return dict(found.most_common())


def blocked_of(
    run: NoticeRun, policy: NoticePolicy, words: Set[tuple[str, str]], people: Mapping[Group, int]
) -> list[Blocked]:
    """What is missing beforehand: approved words, a provider of a channel or its approval, words in a language."""
    ways = reach.ways(run.template, policy.channels)
    found = [
        Blocked(channel, "", ways.blocked.get(channel, "no_words"), run.by_channel.get(channel, 0))
        for channel in policy.channels
        if channel not in ways.usable
    ]
    read = summed(people, way)
    found += [Blocked(*pair, "in_chinese", read[pair]) for pair in sorted(read) if pair not in words]
    return found


def way(group: Group) -> tuple[str, str] | None:
    """The channel and language in which a group is told."""
    return (group.channel, group.language) if group.channel else None


DRAWN = """
SELECT channel, destination, language, variables::text
FROM ({sql}) AS s(key, channel, destination, language, variables) ORDER BY key
"""


def drawn(run: NoticeRun, people: Mapping[Group, int]) -> list[tuple[str, str, str, dict[str, Any]]]:
    """(channel, destination, language, variables) of up to 200 recipients, some of each channel and language."""
    ids: list[int] = []
    for channel, language in sorted(summed(people, way)):
        some = run.recipients.filter(channel=channel, language=language).order_by("id")
        ids += some.values_list("id", flat=True)[: SAMPLED // 4]
    sql, parameters = texts.messages(run, only=ids)
    with connection.cursor() as cursor:
        cursor.execute(DRAWN.format(sql=sql), parameters)
        return [
            (channel, to, language, json.loads(variables)) for channel, to, language, variables in cursor.fetchall()
        ]


def sample(
    row: tuple[str, str, str, dict[str, Any]],
    words: Mapping[tuple[str, str], Template],
    run: NoticeRun,
    policy: NoticePolicy,
    lacking: Sequence[str],
) -> Sample:
    channel, destination, language, variables = row
    variables = dict.fromkeys(lacking, "…") | {name: value for name, value in variables.items() if value}
    template = words.get((channel, language)) or words[channel, FALLBACK]
    drill = run.exercise is not None
    return replace(shown(template, destination, variables, signature=policy.signature, drill=drill), language=language)


def shown(
    template: Template, destination: str, variables: Mapping[str, str], *, signature: str, drill: bool = False
) -> Sample:
    """A message as its recipient will read it."""
    text = (DRILL_PREFIX if drill else "") + render(template.body, template.variables, variables)
    signed = f"【{signature}】{text}" if template.channel == "sms" else text
    return Sample(
        channel=template.channel,
        language=template.language,
        destination=mask(destination) if destination else "—",
        subject=render_line(template.subject, template.variables, variables),
        text=signed,
        length=len(signed),
        segments=segments(signed) if template.channel == "sms" else 0,
    )


def varied(samples: list[Sample]) -> list[Sample]:
    """Five of them: first one of each channel and language, then the rest in order."""
    first: dict[tuple[str, str], Sample] = {}
    for one in samples:
        first.setdefault((one.channel, one.language), one)
    chosen = list(first.values())
    chosen += [one for one in samples if not any(one is other for other in chosen)]
    return chosen[:SHOWN]


def channel_count(
    channel: str, number: int, samples: list[Sample], run: NoticeRun, *, start: datetime, price: Decimal
) -> ChannelCount:
    found = [one.segments for one in samples if one.channel == channel]
    average = sum(found) / len(found) if found else 0.0
    cost = price * Decimal(str(round(average * number, 1))) if channel == "sms" else Decimal(0)
    pace = pace_of(channel, start)
    return ChannelCount(
        channel,
        number,
        round(average, 2),
        cost.quantize(Decimal("0.01")),
        per_minute=pace.per_minute,
        ahead=pace.ahead,
        finish_at=None if run.exercise is not None else finish_at(start, number, pace, urgent=run.urgent),
    )


def named(zones: Mapping[str, int]) -> list[tuple[str, int]]:
    """(province, people), most first."""
    names = Region.objects.in_bulk(list(zones))
    ordered = sorted(zones.items(), key=lambda pair: (-pair[1], pair[0]))
    return [(names[code].label if code in names else code, number) for code, number in ordered]

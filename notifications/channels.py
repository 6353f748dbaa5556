"""How each channel is doing, read from the calls that were made: nothing else is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from accounts.models import Channel
from journal.clock import now
from notifications import gateways
from notifications.explaining import meaning
from notifications.models import Attempt, Chunk, Gateway
from notifications.states import ChunkState, Outcome

ORDER: list[str] = [
    *(Channel.SMS, Channel.VOICE, Channel.WECHAT, Channel.PUSH),
    *(Channel.EMAIL, Channel.BOT, Channel.IN_APP),
]
LOOK_BACK = timedelta(hours=24)
RECENT = 20  # calls that decide about the light
SHOWN_ERRORS = 3


@dataclass(frozen=True)
class ChannelError:
    at: datetime
    code: str
    outcome: str
    meaning: str


@dataclass(frozen=True)
class ChannelHealth:
    """`light`: "idle" (nothing sent lately), "ok", "shaky" (some of the last calls failed) or "down" (the last five
    did, or all of fewer). `stuck`: it has gateways, and none of them can send."""

    channel: Channel
    address: str
    simulated: bool
    gateways: list[Gateway]
    stuck: bool
    light: str
    calls: int
    last_ok: datetime | None
    waiting: int
    unclear: int
    errors: list[ChannelError]


def health() -> list[ChannelHealth]:
    """Every channel's light, last success and last errors of a day."""
    return [health_of(Channel(channel)) for channel in ORDER]


def address_of(channel: Channel) -> str:
    account = gateways.default_account(channel)
    return account.url if account else ""


def health_of(channel: Channel) -> ChannelHealth:
    lately = Attempt.objects.filter(channel=channel, started_at__gte=now() - LOOK_BACK)
    address = address_of(channel)
    own = list(Gateway.objects.filter(channel=channel))
    return ChannelHealth(
        channel=channel,
        address=address,
        simulated=gateways.simulated(address),
        gateways=own,
        stuck=bool(own) and not any(row.enabled and not row.out_code for row in own),
        light=light_of(lately),
        calls=lately.count(),
        last_ok=last_success(lately),
        waiting=Chunk.objects.filter(channel=channel, state=ChunkState.DUE).count(),
        unclear=Attempt.objects.filter(channel=channel, outcome=Outcome.AMBIGUOUS).count(),
        errors=errors_of(lately),
    )


def light_of(lately: QuerySet[Attempt]) -> str:
    recent = list(lately.exclude(outcome=Outcome.OPEN).order_by("-id").values_list("outcome", flat=True)[:RECENT])
    bad = [outcome != Outcome.ACCEPTED for outcome in recent]
    if not bad:
        return "idle"
    return "down" if all(bad[:5]) else "shaky" if any(bad) else "ok"


def last_success(lately: QuerySet[Attempt]) -> datetime | None:
    return lately.filter(outcome=Outcome.ACCEPTED).order_by("-id").values_list("started_at", flat=True).first()


def errors_of(lately: QuerySet[Attempt]) -> list[ChannelError]:
    failures = lately.exclude(code__in=["", "OK"]).order_by("-id")[:SHOWN_ERRORS]
    return [
        ChannelError(attempt.started_at, attempt.code, attempt.outcome, meaning(attempt.code)) for attempt in failures
    ]


@dataclass(frozen=True)
class GatewayHealth:
    """`light` as of a channel, or "off" (by hand) or "out" (its provider says that it cannot send). `stuck`: it is
    out, and no other gateway of its channel can send."""

    light: str
    stuck: bool
    calls: int
    last_ok: datetime | None
    full_until: datetime | None
    errors: list[ChannelError]


def gateway_health(row: Gateway) -> GatewayHealth:
    moment = now()
    lately = Attempt.objects.filter(channel=row.channel, gateway=row, started_at__gte=moment - LOOK_BACK)
    others = Gateway.objects.filter(channel=row.channel).exclude(pk=row.pk)
    light = "off" if not row.enabled else "out" if row.out_code else light_of(lately)
    full = max((at for at in (row.room_at, row.bulk_room_at) if at and at > moment), default=None)
    return GatewayHealth(
        light=light,
        stuck=light == "out" and not others.filter(enabled=True, out_code="").exists(),
        calls=lately.count(),
        last_ok=last_success(lately),
        full_until=full,
        errors=errors_of(lately),
    )

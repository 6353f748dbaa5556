"""How each channel is doing, read from the calls that were made: nothing else is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Channel
from journal.clock import now
from notifications import gateways
from notifications.models import Attempt, Chunk
from notifications.states import ChunkState, Outcome

ORDER: list[Channel] = [
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


@dataclass(frozen=True)
class ChannelHealth:
    """`light`: "idle" (nothing sent lately), "ok", "shaky" (some of the last calls failed) or "down" (the last five
    did, or all of fewer)."""

    channel: Channel
    address: str
    simulated: bool
    light: str
    calls: int
    last_ok: datetime | None
    waiting: int
    unclear: int
    errors: list[ChannelError]


def health() -> list[ChannelHealth]:
    """Every channel's light, last success and last errors of a day."""
    return [health_of(channel) for channel in ORDER]


def address_of(channel: Channel) -> str:
    account = gateways.default_account(channel)
    return account.url if account else ""


def health_of(channel: Channel) -> ChannelHealth:
    since = now() - LOOK_BACK
    lately = Attempt.objects.filter(channel=channel, started_at__gte=since)
    recent = list(lately.exclude(outcome=Outcome.OPEN).order_by("-id")[:RECENT])
    bad = [attempt for attempt in recent if attempt.outcome != Outcome.ACCEPTED]
    newest = recent[:5]
    if not recent:
        light = "idle"
    elif newest and all(attempt in bad for attempt in newest):
        light = "down"
    else:
        light = "shaky" if bad else "ok"
    last_ok = lately.filter(outcome=Outcome.ACCEPTED).order_by("-id").values_list("started_at", flat=True).first()
    failures = lately.exclude(code__in=["", "OK"]).order_by("-id")[:SHOWN_ERRORS]
    address = address_of(channel)
    return ChannelHealth(
        channel=channel,
        address=address,
        simulated=gateways.simulated(address),
        light=light,
        calls=lately.count(),
        last_ok=last_ok,
        waiting=Chunk.objects.filter(channel=channel, state=ChunkState.DUE).count(),
        unclear=Attempt.objects.filter(channel=channel, outcome=Outcome.AMBIGUOUS).count(),
        errors=[ChannelError(attempt.started_at, attempt.code, attempt.outcome) for attempt in failures],
    )

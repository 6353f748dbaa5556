"""Which words can be sent now: what the providers of a channel have said about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from accounts.models import Channel
from notifications.gateways import default_account
from notifications.models import CHANNEL_OF, Gateway, Kind, Registration, Review, Template
from notifications.transports import Examining, makers

FALLBACK = "zh-hans"  # who has no words in their language reads these


def examines(kind: str) -> bool:
    """Whether such a provider sends only words that it has approved."""
    return makers()[kind].registered  # type: ignore[attr-defined,no-any-return]


def tells(kind: str) -> bool:
    """Whether such a provider can be asked what it said of words."""
    return issubclass(makers()[kind], Examining)  # type: ignore[arg-type]


def senders() -> dict[str, list[Kind]]:
    """The kinds of gateways in use per channel, in order; the environment's where a channel has no gateway at all."""
    found: dict[str, list[Kind]] = defaultdict(list)
    known = set()
    for channel, kind, enabled in Gateway.objects.order_by("priority", "id").values_list("channel", "kind", "enabled"):
        known.add(channel)
        if enabled and kind not in found[channel]:
            found[channel].append(Kind(kind))
    for channel in set(Channel.values) - known:
        if account := default_account(channel):
            found[channel] = [Kind(account.kind)]
    return found


def able(versions: Collection[Template], kinds: dict[str, list[Kind]] | None = None) -> set[int]:
    """Those whose words somebody may send: all, unless every sender of their channel examines words first."""
    kinds = senders() if kinds is None else kinds
    strict = {channel for channel, some in kinds.items() if some and all(map(examines, some))}
    waiting = [version.pk for version in versions if version.channel in strict]
    approved = Registration.objects.filter(template__in=waiting, state=Review.APPROVED) if waiting else []
    known = {row.template_id for row in approved if row.kind in kinds[CHANNEL_OF[Kind(row.kind)]]}
    return {version.pk for version in versions if version.pk not in waiting} | known


def in_use(versions: Iterable[Template]) -> dict[tuple[str, str], Template]:
    """Of a purpose's approved versions, oldest first, the one that is sent on each channel in each language.

    The newest that a provider has approved goes before a newer one that still waits for it. Words that no provider
    has approved are left out where there are Chinese ones that may be sent: better in Chinese than not at all.
    """
    rows = list(versions)
    newest = {(row.channel, row.language): row for row in rows}
    if len(rows) == 1:
        return newest
    fit = able(rows)
    best = newest | {(row.channel, row.language): row for row in rows if row.pk in fit}
    readable = {row.channel for row in best.values() if row.language == FALLBACK and row.pk in fit}
    return {
        key: row for key, row in best.items() if row.pk in fit or row.language == FALLBACK or key[0] not in readable
    }

"""Which gateway a message leaves through."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from notifications.gateways import HOME, Account, default_account
from notifications.models import Chunk, Gateway, Kind, Registration, Template
from notifications.sealing import Unreadable, unseal
from notifications.transports import Transport, transport_for


def account_of(gateway: Gateway) -> Account:
    """The account as it stands; with a secret that cannot be read any more its calls are refused by the provider."""
    try:
        secret = unseal(gateway.sealed) if gateway.sealed else ""
    except Unreadable:
        secret = ""
    return Account(
        id=gateway.pk,
        kind=gateway.kind,
        url=(gateway.url or HOME.get(Kind(gateway.kind), "")).rstrip("/"),
        key_id=gateway.key_id,
        secret=secret,
        app=gateway.app,
        sign_name=gateway.sign_name,
        sender=gateway.sender,
        security=gateway.security,
        batch_size=gateway.batch_size,
        idempotent=gateway.idempotent,
        guarded=True,
        metered=gateway.metered,
        per_number=gateway.per_number_day is not None,
        out_code=gateway.out_code,
    )


def transport_of(gateway_id: int | None, channel: str) -> Transport | None:
    """How a call that was made through that gateway can be asked about."""
    if gateway_id is None:
        account = default_account(channel)
    else:
        row = Gateway.objects.filter(pk=gateway_id).first()
        account = account_of(row) if row else None
    return transport_for(account) if account else None


class Routes:
    """The gateways of a run, per channel in order of priority, as they stood when it began."""

    def __init__(self, channels: Iterable[str], moment: datetime) -> None:
        wanted = list(dict.fromkeys(channels))
        rows = list(Gateway.objects.filter(channel__in=wanted).order_by("priority", "id"))
        self.rows = {row.pk: row for row in rows}
        self.accounts: dict[str, list[Account]] = {channel: [] for channel in wanted}
        for row in rows:
            if usable(row, moment):
                self.accounts[row.channel].append(account_of(row))
        for channel in set(wanted) - {row.channel for row in rows}:
            if account := default_account(channel):
                self.accounts[channel] = [account]
        self.codes: dict[tuple[int, str], Registration] = {}
        self.known: set[int] = set()

    def account(self, chunk: Chunk, template: Template) -> Account | None:
        """The first account that can send now and knows the words; should none know them, the first at all."""
        if chunk.through_id is not None:
            return account_of(self.rows[chunk.through_id])
        able = self.accounts[chunk.channel]
        return next((account for account in able if self.knows(account, template)), able[0] if able else None)

    def leads(self, account: Account, chunk: Chunk) -> bool:
        """Whether it is the one whose limits keep the channel's chunks from being claimed (`full_channels`)."""
        able = self.accounts[chunk.channel]
        return chunk.through_id is None and bool(able) and able[0] == account

    def row(self, account: Account) -> Gateway | None:
        return self.rows.get(account.id or 0)

    def back_at(self, channel: str) -> datetime | None:
        """When the first of a channel's gateways that are out now is tried again."""
        ends = [row.out_until for row in self.rows.values() if row.channel == channel and row.enabled and row.out_until]
        return min(ends, default=None)

    def out(self, account: Account) -> None:
        """Do not use this one any more in this run; the environment's only account stays."""
        for accounts in self.accounts.values():
            if account in accounts and account.id is not None:
                accounts.remove(account)

    def knows(self, account: Account, template: Template) -> bool:
        return not transport_for(account).registered or bool(self.words(account, template)[0])

    def words(self, account: Account, template: Template, *, drill: bool = False) -> tuple[str, tuple[str, ...]]:
        """The provider's id of the words, "" when it has not approved them, and its names of their variables."""
        if not transport_for(account).registered:
            return "", ()
        if template.pk not in self.known:
            self.known.add(template.pk)
            for row in Registration.objects.filter(template=template):
                self.codes[template.pk, row.kind] = row
        found = self.codes.get((template.pk, account.kind))
        return (found.sendable(drill=drill), tuple(found.fields)) if found else ("", ())


def usable(row: Gateway, moment: datetime) -> bool:
    return row.enabled and (row.out_until is None or row.out_until <= moment)


def one_by_one(channels: Iterable[str], moment: datetime) -> list[str]:
    """Those channels whose first gateway, as it stands now, takes one message in a call."""
    accounts = Routes(channels, moment).accounts
    return [channel for channel, able in accounts.items() if able and transport_for(able[0]).batch_size == 1]


def full_channels(*, urgent: bool, moment: datetime) -> dict[str, datetime]:
    """Channels whose gateway takes nothing now because of its limits, and when it takes the next message."""
    limited = Q(room_at__gt=moment) if urgent else Q(room_at__gt=moment) | Q(bulk_room_at__gt=moment)
    found: dict[str, datetime] = {}
    if not Gateway.objects.filter(limited, enabled=True).exists():
        return found
    for row in Gateway.objects.filter(enabled=True).order_by("channel", "priority", "id"):
        if row.channel in found or not usable(row, moment):
            continue
        room = max((at for at in (row.room_at, None if urgent else row.bulk_room_at) if at), default=moment)
        found[row.channel] = room
    return {channel: room for channel, room in found.items() if room > moment}

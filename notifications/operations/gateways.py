"""Accounts at providers: added, changed, tried out and removed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import time
from typing import ClassVar

from django.db import connection, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import User
from accounts.queries import addresses
from accounts.roles import Permission
from journal import operations as journal
from journal.clock import now
from journal.hints import nudge
from journal.refusal import Invalid, Refusal
from notifications import queries
from notifications.models import CHANNEL_OF, Attempt, Chunk, Gateway, Kind, Message
from notifications.operations.locking import lock_row
from notifications.rendering import render, render_line
from notifications.sealing import seal
from notifications.states import ChunkState
from notifications.transports import makers
from notifications.transports.webhook import Forbidden, require_allowed

TEST = "gateway_test"
LARGEST = 1_000_000
ADDRESSED = {Kind.SMTP, Kind.PUSH}  # kinds without an address of the provider's own
SIGNED = {Kind.ALIYUN_SMS, Kind.TENCENT_SMS}
KEYED = {*SIGNED, Kind.ALIYUN_VOICE, Kind.WECHAT_SUBSCRIPTION, Kind.WECHAT_TEMPLATE}


FORGET_NUMBERS = """
DELETE FROM notifications_numberuse
WHERE NOT EXISTS (SELECT FROM unnest(times) AS t WHERE t > (SELECT fenghuo_now()) - interval '25 hours')
"""


class NoSuchGateway(Refusal):
    """There is no such gateway."""

    status: ClassVar[int] = 404


class BadGateway(Invalid):
    """An address, name or limit that cannot be used; `extra["field"]` says which."""


class GatewayChanged(Refusal):
    """Somebody changed the gateway since it was looked at."""

    status: ClassVar[int] = 412


class GatewayUsed(Refusal):
    """Messages went through it: their calls must stay explainable, so it is switched off instead of removed."""


class NobodyToTell(Refusal):
    """Whoever tests a gateway needs an address of their own on its channel."""


@dataclass(frozen=True)
class GatewayFacts:
    """What a person decides about a gateway. A limit that is None or absent is none of ours."""

    kind: str
    name: str
    name_en: str = ""
    url: str = ""
    key_id: str = ""
    app: str = ""
    sign_name: str = ""
    sender: str = ""
    security: str = ""
    priority: int = 1
    enabled: bool = True
    per_second: int | None = None
    per_minute: int | None = None
    per_number_day: int | None = None
    batch_size: int | None = None
    quiet_from: time | None = None
    quiet_until: time | None = None
    idempotent: bool = False


def bad(field: str, message: str) -> BadGateway:
    return BadGateway(message, field=field)


def checked(facts: GatewayFacts, *, secret: bool) -> dict[str, object]:
    """The facts as fields; `secret`: one is known or given. Raises BadGateway."""
    if facts.kind not in Kind.values:
        raise bad("kind", _("There is no such kind of gateway."))
    kind = Kind(facts.kind)
    found = {name: value.strip() if isinstance(value, str) else value for name, value in asdict(facts).items()}
    texts = {name: value for name, value in found.items() if isinstance(value, str)}
    for name, value in texts.items():
        longest: int = Gateway._meta.get_field(name).max_length  # type: ignore[union-attr,assignment]
        if len(value) > longest or (value and not value.isprintable()):
            raise bad(name, _("At most %(count)s characters, in one line.") % {"count": longest})
    if not texts["name"]:
        raise bad("name", _("Give it a name that colleagues recognise."))
    check_address(kind, texts["url"])
    if facts.security not in {"", "starttls", "ssl"}:
        raise bad("security", _("Choose how the connection is encrypted."))
    if kind in KEYED and not texts["key_id"]:
        raise bad("key_id", _("The provider knows us by a key: enter its id."))
    if kind in KEYED and not secret:
        raise bad("secret", _("The provider wants a secret with the key: enter it."))
    if kind in SIGNED and not texts["sign_name"]:
        raise bad("sign_name", _("Short messages need the signature that the provider approved."))
    if kind == Kind.TENCENT_SMS and not texts["app"].isdigit():
        raise bad("app", _("Enter the SdkAppId of the console, a number."))
    if kind == Kind.ALIYUN_VOICE and texts["app"] and not texts["sender"]:
        raise bad("sender", _("Keys are heard only in calls from a number of your own: enter it."))
    if kind == Kind.SMTP and "@" not in texts["sender"]:
        raise bad("sender", _("Mail needs a sender, such as Fenghuo <notice@example.com>."))
    check_limits(kind, facts)
    return {**found, "channel": CHANNEL_OF[kind]}


def check_address(kind: Kind, url: str) -> None:
    """The same guard as for webhooks: nothing that leads into our own networks. Raises BadGateway."""
    if not url:
        if kind in ADDRESSED:
            raise bad("url", _("Enter the address it is reached at."))
        return
    if kind == Kind.SMTP:
        if not url.startswith("smtp://"):
            raise bad("url", _("Write the mail server as smtp://mail.example.com:587."))
        url = f"https://{url.removeprefix('smtp://')}"
    try:
        require_allowed(url)
    except Forbidden:
        raise bad(
            "url",
            _("Give an https:// address that this installation may send to; private ones need the operator's leave."),
        ) from None


def check_limits(kind: Kind, facts: GatewayFacts) -> None:
    """Raises BadGateway."""
    if not 1 <= facts.priority <= 99:
        raise bad("priority", _("The order is a number from 1 (first) to 99."))
    most = makers()[kind].most  # type: ignore[attr-defined]
    for name, largest in (
        ("per_second", LARGEST),
        ("per_minute", LARGEST),
        ("per_number_day", 1_000),
        ("batch_size", most),
    ):
        value = getattr(facts, name)
        if value is not None and not 1 <= value <= largest:
            raise bad(name, _("A number from 1 to %(largest)s, or nothing.") % {"largest": largest})
    if (facts.quiet_from is None) != (facts.quiet_until is None) or (
        facts.quiet_from is not None and facts.quiet_from == facts.quiet_until
    ):
        raise bad("quiet_from", _("Quiet hours need a beginning and an end."))
    if facts.idempotent and kind != Kind.PUSH:
        raise bad("idempotent", _("This provider sends a repeated call twice."))


def lock_gateway(gateway_id: int, expected_version: int | None = None) -> Gateway:
    """The gateway, locked. Raises NoSuchGateway, GatewayChanged."""
    missing = NoSuchGateway(_("There is no such gateway."))
    rows = Gateway.objects.filter(pk=gateway_id)
    return lock_row(rows, expected_version, missing=missing, changed=GatewayChanged)


def note(row: Gateway, kind: str, by: Actor, **payload: object) -> None:
    journal.write(
        kind=f"gateway.{kind}",
        subject=f"gateway:{row.pk}",
        reference="gateways",
        by=by,
        payload={"gateway": f"gateway:{row.pk}", "channel": f"channel:{row.channel}", **payload},
    )


def set_secret(row: Gateway, secret: str, by: Actor) -> None:
    row.sealed, row.secret_set_by, row.secret_set_at = seal(secret), str(by), now()


@transaction.atomic
def create_gateway(*, facts: GatewayFacts, by: Actor, secret: str = "") -> Gateway:
    """Let a channel's messages leave through this account, too. From now on the environment's account of the channel is
    not used any more. The secret is kept encrypted and never shown.

    Journals gateway.created. Raises BadGateway, NotAllowed.
    """
    by.require(Permission.MANAGE_TEMPLATES)
    row = Gateway(**checked(facts, secret=bool(secret)), created_at=now(), created_by=str(by))
    if secret:
        set_secret(row, secret, by)
    row.save()
    note(row, "created", by)
    return row


@transaction.atomic
def change_gateway(
    *, gateway_id: int, facts: GatewayFacts, by: Actor, secret: str = "", expected_version: int | None = None
) -> Gateway:
    """Change an account or its limits; a blank `secret` keeps the one it has. Calls under way end as they began.

    A gateway that was out is tried again. Journals gateway.changed with the names of the fields and gateway.secret_set,
    nothing when nothing changed. Raises BadGateway, NoSuchGateway, GatewayChanged, NotAllowed.
    """
    by.require(Permission.MANAGE_TEMPLATES)
    row = lock_gateway(gateway_id, expected_version)
    if facts.kind != row.kind:
        raise bad("kind", _("A gateway stays of its kind; add another one."))
    if facts.url.strip().rstrip("/") != row.url.rstrip("/") and row.sealed and not secret:
        # Whoever may only change the address must not be able to have the secret sent to it.
        raise bad("secret", _("With a new address, enter the secret again."))
    wanted = checked(facts, secret=bool(secret or row.sealed))
    changed = sorted(name for name, value in wanted.items() if getattr(row, name) != value)
    if not changed and not secret:
        return row
    for name in changed:
        setattr(row, name, wanted[name])
    if secret:
        set_secret(row, secret, by)
    row.out_until, row.out_code, row.room_at, row.bulk_room_at = None, "", None, None
    row.version += 1
    row.save()
    if changed:
        note(row, "changed", by, fields=changed)
    if secret:
        note(row, "secret_set", by)
    return row


@transaction.atomic
def delete_gateway(*, gateway_id: int, by: Actor) -> None:
    """Remove an account that nothing was sent through yet. Journals gateway.deleted. Raises GatewayUsed, NoSuchGateway,
    NotAllowed."""
    by.require(Permission.MANAGE_TEMPLATES)
    row = lock_gateway(gateway_id)
    used = Attempt.objects.filter(channel=row.channel, gateway=row).exists()
    if used or Chunk.objects.filter(through=row).exists():
        raise GatewayUsed(_("Messages went through it; switch it off instead."))
    note(row, "deleted", by)
    Gateway.objects.filter(pk=row.pk).delete()


@transaction.atomic
def try_gateway(*, gateway_id: int, by: Actor) -> Message:
    """Send a test message through this gateway, switched off or not, to the own address of whoever asks.

    It is sent as any other: leased, counted, with its attempt and receipt. Journals gateway.tested. Raises
    NobodyToTell, NoSuchGateway, UnknownTemplate, NotAllowed.
    """
    by.require(Permission.MANAGE_TEMPLATES)
    row = lock_gateway(gateway_id)
    user = User.objects.filter(pk=by.user_id).first() if by.user_id else None
    destination = addresses([user.pk], row.channel).get(user.pk) if user else None
    if user is None or not destination:
        raise NobodyToTell(_("Enter an address of your own on this channel first: the test goes to you."))
    words = queries.current_template(code=TEST, channel=row.channel, language=user.language)
    moment = now()
    with translation.override(user.language):
        values = {"name": row.label, "time": f"{timezone.localtime(moment):%H:%M}"}
    message = Message.objects.create(
        key=f"{TEST}:{row.pk}:{moment.isoformat()}",
        template=words,
        channel=row.channel,
        language=words.language,
        destination=destination,
        variables=values,
        subject=render_line(words.subject, words.variables, values) if words.subject else "",
        body=render(words.body, words.variables, values),
        user=user,
        queued_at=moment,
    )
    Chunk.objects.create(
        template=words,
        channel=row.channel,
        urgent=True,
        through=row,
        first=message.pk,
        last=message.pk,
        size=1,
        state=ChunkState.DUE,
        due_at=moment,
    )
    from notifications import tasks

    nudge(tasks.send_staff_messages)
    note(row, "tested", by, to=f"user:{user.pk}")
    return message


def forget_old_numbers() -> int:
    """Forget numbers that were last sent to longer ago than any limit looks back. Journals nothing."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET_NUMBERS)
        return cursor.rowcount

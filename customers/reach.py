"""How a customer can be reached, as SQL over an order `o` and its customer's preference `p`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from customers.filters import CHANNELS
from notifications.models import Kind, Registration, Review, Template
from notifications.standing import FALLBACK, able, in_use, senders

PHONE = r"^\+?[0-9][0-9 -]{5,18}[0-9]$"
EMAIL = r"^[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+$"

ADDRESS = {"wechat": "p.wechat", "push": "p.push", "sms": "o.phone", "email": "o.email"}
# A one-time subscription is one message: without a unit left for these words, WeChat reaches nobody.
POSSIBLE = {
    "wechat": """p.wechat <> '' AND (%(wechat_free)s OR EXISTS (SELECT FROM notifications_consent c
        WHERE c.openid = p.wechat AND c.used_at IS NULL AND c.code = ANY(%(wechat_codes)s)))""",
    "push": "p.push <> ''",
    "sms": "o.phone ~ %(phone)s",
    "email": "o.email ~ %(email)s",
}
ANY_ADDRESS = " OR ".join(f"coalesce({test}, false)" for test in POSSIBLE.values())


@dataclass(frozen=True)
class Ways:
    """`usable`: channels in the order they are tried, each with approved words and somebody who may send them.
    `blocked` says of others with approved words why not: "no_provider" or "not_approved" by any."""

    usable: tuple[str, ...]
    parameters: dict[str, Any]
    blocked: dict[str, str]


def ways(template: str, order: Sequence[str]) -> Ways:
    """How the notice `template` can be sent now, channels in the policy's order."""
    kinds = senders()
    versions = list(Template.objects.filter(code=template, state="approved").order_by("version"))
    fit = able(versions, kinds)
    # Whoever has no words in their language reads Chinese: without those a channel says nothing to most people.
    used = list(in_use(versions).values())
    said = {row.channel: row.pk in fit for row in used if row.language == FALLBACK}
    blocked = {name: "not_approved" for name, sent in said.items() if not sent}
    blocked |= {name: "no_provider" for name in said if not kinds.get(name)}
    words = Registration.objects.filter(template__in=used, state=Review.APPROVED)
    codes = words.filter(kind=Kind.WECHAT_SUBSCRIPTION).values_list("code", flat=True)
    parameters = {
        "phone": PHONE,
        "email": EMAIL,
        "wechat_free": Kind.WECHAT_TEMPLATE in kinds["wechat"],
        "wechat_codes": list(codes) if Kind.WECHAT_SUBSCRIPTION in kinds["wechat"] else [],
    }
    known = [channel for channel in order if channel in CHANNELS and channel in said and channel not in blocked]
    return Ways(tuple(known), parameters, blocked)


def choice(usable: Sequence[str]) -> str:
    """The channel a customer is written to: the one they want, else the first that is possible; '' for none."""
    if not usable:
        return "''"
    wanted = " ".join(f"WHEN p.channel = '{name}' AND {POSSIBLE[name]} THEN '{name}'" for name in usable)
    rest = " ".join(f"WHEN {POSSIBLE[name]} THEN '{name}'" for name in usable)
    return f"CASE WHEN p.channel = 'none' THEN '' {wanted} {rest} ELSE '' END"


def next_choice(usable: Sequence[str], tried: str) -> str:
    """The same among channels that are not in the SQL array `tried`; NULL when none is left."""
    if not usable:
        return "NULL"
    free = {name: f"'{name}' <> ALL({tried}) AND {POSSIBLE[name]}" for name in usable}
    wanted = " ".join(f"WHEN p.channel = '{name}' AND {test} THEN '{name}'" for name, test in free.items())
    rest = " ".join(f"WHEN {test} THEN '{name}'" for name, test in free.items())
    return f"CASE WHEN p.channel = 'none' THEN NULL {wanted} {rest} END"


def address(channel: str) -> str:
    """The address for the SQL expression `channel`."""
    return f"CASE {channel} {' '.join(f'WHEN {name!r} THEN {where}' for name, where in ADDRESS.items())} END"

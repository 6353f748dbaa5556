"""How a customer can be reached, as SQL over an order `o` and its customer's preference `p`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from customers.filters import CHANNELS
from notifications.gateways import default_account
from notifications.models import Gateway, Kind, Registration, Template

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
    """`usable`: channels in the order they are tried, each with approved words and somebody to send them."""

    usable: tuple[str, ...]
    parameters: dict[str, Any]


def ways(template: str, order: Sequence[str]) -> Ways:
    """How the notice `template` can be sent now, channels in the policy's order."""
    approved = set(Template.objects.filter(code=template, state="approved").values_list("channel", flat=True))
    rows = dict(Gateway.objects.filter(enabled=True).values_list("kind", "channel"))
    kinds = set(rows)
    for channel in CHANNELS:
        if channel in rows.values():
            continue
        account = None if Gateway.objects.filter(channel=channel).exists() else default_account(channel)
        if account is None:
            approved.discard(channel)
        else:
            kinds.add(account.kind)
    words = Registration.objects.filter(template__code=template, template__state="approved")
    codes = words.filter(kind=Kind.WECHAT_SUBSCRIPTION).values_list("code", flat=True)
    parameters = {
        "phone": PHONE,
        "email": EMAIL,
        "wechat_free": Kind.WECHAT_TEMPLATE in kinds,
        "wechat_codes": list(codes) if Kind.WECHAT_SUBSCRIPTION in kinds else [],
    }
    known = [channel for channel in order if channel in CHANNELS]
    return Ways(tuple(channel for channel in known if channel in approved), parameters)


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

"""The ways out of the house. A transport makes one call to one provider; it knows no database.

`deliver` returns Taken when the provider took the call, raises TransportError when it surely did not, and
Ambiguous when nobody can tell (the request went out, no answer came back).
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

import msgspec

from notifications.errors import SWITCH_WAIT, Policy, Rule
from notifications.gateways import Account
from notifications.models.gateways import Kind


class TransportError(Exception):
    """The provider did not take it. `permanent`: it never will; `wait`: seconds before a retry makes sense;
    `one`: one recipient of the call is at fault, the others are not; `switch`: this account cannot send now, another
    one may."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        permanent: bool = False,
        wait: int = 0,
        one: bool = False,
        switch: bool = False,
    ) -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code, self.detail, self.permanent, self.wait = code, detail, permanent, wait
        self.one, self.switch = one, switch

    @classmethod
    def under(cls, rule: Rule, code: str, detail: str = "") -> TransportError:
        switch = rule.policy is Policy.SWITCH
        return cls(
            code,
            detail,
            permanent=rule.policy is Policy.NEVER,
            wait=SWITCH_WAIT if switch else rule.wait,
            one=rule.one,
            switch=switch,
        )


class Ambiguous(Exception):
    """Whether the provider took it cannot be known from here."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code, self.detail = code, detail


class Item(msgspec.Struct, frozen=True, gc=False):
    """One message within a call. `key` is the same at every try."""

    id: int
    key: str
    destination: str
    variables: Mapping[str, str]
    subject: str = ""
    body: str = ""


@dataclass(frozen=True)
class Call:
    """What one request carries. `key` is what the provider knows it by; `provider_template` and `fields` how it knows
    the words and their variables. `keypad`: who is called is asked to press a key."""

    key: str
    provider_template: str
    items: list[Item]
    fields: tuple[str, ...] = ()
    keypad: bool = False


@dataclass(frozen=True)
class Taken:
    """The provider took the call; `provider_id` is its own number for it, `serials` those of its messages in their
    order, where each has one. `refused` are the messages of the call that it surely did not take, by their id."""

    provider_id: str = ""
    serials: list[str] | None = None
    refused: Mapping[int, TransportError] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What a provider says about one message it was asked about: "sent", "delivered" or "failed"."""

    state: str
    code: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a provider says of words that were entered with it (`state`: models.Review), and why not."""

    state: str
    reason: str = ""


class Transport(ABC):
    """Base of all transports; an instance speaks for one account and serves many threads."""

    most: ClassVar[int] = 1  # messages a call can carry
    alike: ClassVar[bool] = False  # all messages of a call have the same variables
    registered: ClassVar[bool] = False  # the provider sends only words that it knows already
    consented: ClassVar[bool] = False  # each message uses up one consent of its recipient

    def __init__(self, account: Account) -> None:
        self.account = account

    @property
    def batch_size(self) -> int:
        return min(self.most, self.account.batch_size or self.most)

    @property
    def idempotent(self) -> bool:
        """Whether the provider drops a second call with the same item keys."""
        return self.account.idempotent

    @abstractmethod
    def deliver(self, call: Call) -> Taken:
        """Make the call."""


class Askable(Transport):
    """A transport whose provider can be asked afterwards."""

    @abstractmethod
    def ask(self, *, key: str, destination: str, since: datetime) -> Answer | None:
        """What became of that destination's part of the call `key`; None when the provider knows nothing of it."""


class Examining(Transport):
    """A transport whose provider examines words, and can be asked what came of that."""

    registered: ClassVar[bool] = True

    @abstractmethod
    def verdict(self, code: str) -> Verdict:
        """About the words with this id; one that it does not know is as good as rejected. Raises TransportError,
        Ambiguous."""


def makers() -> dict[str, Callable[[Account], Transport]]:
    from notifications.transports import aliyun, bots, push, smtp, tencent, wechat

    return {
        Kind.ALIYUN_SMS: aliyun.Sms,
        Kind.ALIYUN_VOICE: aliyun.Voice,
        Kind.TENCENT_SMS: tencent.Sms,
        Kind.SMTP: smtp.Mail,
        Kind.WECHAT_SUBSCRIPTION: wechat.Subscription,
        Kind.WECHAT_TEMPLATE: wechat.WeChat,
        Kind.PUSH: push.Push,
        Kind.ROBOT: bots.Bot,
    }


@functools.lru_cache(maxsize=64)
def transport_for(account: Account) -> Transport:
    """The transport of an account, one per process, so that its connections are used again."""
    return makers()[account.kind](account)

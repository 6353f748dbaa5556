"""The ways out of the house. A transport makes one call to one provider; it knows no database.

`deliver` returns Taken when the provider took the call, raises TransportError when it surely did not, and
Ambiguous when nobody can tell (the request went out, no answer came back).
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from accounts.models import Channel
from notifications.errors import Policy, Rule


class TransportError(Exception):
    """The provider did not take it. `permanent`: it never will; `wait`: seconds before a retry makes sense;
    `one`: one recipient of the call is at fault, the others are not."""

    def __init__(
        self, code: str, detail: str = "", *, permanent: bool = False, wait: int = 0, one: bool = False
    ) -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code, self.detail, self.permanent, self.wait, self.one = code, detail, permanent, wait, one

    @classmethod
    def under(cls, rule: Rule, code: str, detail: str = "", *, switch_wait: int = 300) -> TransportError:
        wait = switch_wait if rule.policy is Policy.SWITCH else rule.wait
        return cls(code, detail, permanent=rule.policy is Policy.NEVER, wait=wait, one=rule.one)


class Ambiguous(Exception):
    """Whether the provider took it cannot be known from here."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code, self.detail = code, detail


@dataclass(frozen=True)
class Item:
    """One message within a call. `key` is the same at every try."""

    id: int
    key: str
    destination: str
    variables: Mapping[str, str]
    subject: str = ""
    body: str = ""


@dataclass(frozen=True)
class Call:
    """What one request carries. `key` is what the provider knows it by."""

    key: str
    provider_template: str
    items: list[Item]


@dataclass(frozen=True)
class Taken:
    """The provider took the call; `provider_id` is its own number for it."""

    provider_id: str = ""


@dataclass(frozen=True)
class Answer:
    """What a provider says about one message it was asked about: "sent", "delivered" or "failed"."""

    state: str
    code: str = ""


class Transport(ABC):
    """Base of all transports; an instance serves many threads."""

    channel: ClassVar[str]
    batch_size: ClassVar[int] = 1
    idempotent: ClassVar[bool] = False  # the provider drops a second call with the same item keys

    @abstractmethod
    def deliver(self, call: Call) -> Taken:
        """Make the call."""


class Askable(Transport):
    """A transport whose provider can be asked afterwards."""

    @abstractmethod
    def ask(self, *, key: str, destination: str, since: datetime) -> Answer | None:
        """What became of that destination's part of the call `key`; None when the provider knows nothing of it."""


@functools.cache
def transport_for(channel: str) -> Transport:
    """The transport of a channel, one per process, so that its connections are used again."""
    from notifications.transports import aliyun, bots, smtp

    makers: dict[str, Callable[[], Transport]] = {
        Channel.SMS: aliyun.Sms,
        Channel.VOICE: aliyun.Voice,
        Channel.EMAIL: smtp.Mail,
        Channel.BOT: bots.Bot,
    }
    return makers[channel]()

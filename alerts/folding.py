"""How messages of one sender fold. Pure.

An issued message is never edited. An Update takes the place of those it refers to, a Cancel ends them; Ack and Error
change nothing. Messages may arrive in any order, so both directions are looked at. Only messages of the same sender
and status fold: an exercise never ends a real warning, and nobody cancels another's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

ENDS = {"Update": "superseded", "Cancel": "cancelled"}


@dataclass(frozen=True)
class Message:
    """What folding needs to know of a message; `references` are (sender, identifier, sent as written)."""

    key: int
    sender: str
    identifier: str
    sent: str
    status: str
    msg_type: str
    references: tuple[tuple[str, str, str], ...] = ()

    def refers_to(self, other: Message) -> bool:
        return any(
            sender == other.sender and identifier == other.identifier and same_time(sent, other.sent)
            for sender, identifier, sent in self.references
        )


def same_time(one: str, other: str) -> bool:
    """Whether two times as written mean the same moment."""
    if one == other:
        return True
    try:
        return datetime.fromisoformat(one) == datetime.fromisoformat(other)
    except (ValueError, TypeError):
        return False


@dataclass(frozen=True)
class Fold:
    """`message` is folded into `by` and becomes `state`."""

    message: int
    by: int
    state: str


def folds(fresh: Message, others: Iterable[Message], states: Mapping[int, str]) -> list[Fold]:
    """What changes when `fresh` arrives among `others`; `states` are the states of those, "current" unless folded."""
    family = [other for other in others if (other.sender, other.status) == (fresh.sender, fresh.status)]
    found = []
    if ending := ENDS.get(fresh.msg_type):
        found += [
            Fold(other.key, fresh.key, ending)
            for other in family
            if fresh.refers_to(other) and states[other.key] == "current"
        ]
    later = [other for other in family if other.msg_type in ENDS and other.refers_to(fresh)]
    if later:
        # A Cancel weighs more than an Update that came before it.
        last = max(later, key=lambda other: (other.msg_type == "Cancel", other.key))
        found.append(Fold(fresh.key, last.key, ENDS[last.msg_type]))
    return found

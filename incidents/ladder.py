"""The call-out ladder: which rung of it is due when. Pure: no database, no clock.

A person who does not answer is tried on one channel after another; later the alternates are called as well, each with
a ladder of channels of their own. All times count from the person's own call, in drill time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Times(Protocol):
    """Whatever knows when so many minutes will have passed: a drill's time map, or an incident with suspensions."""

    def due(self, start: datetime, minutes: float) -> datetime: ...


CHANNEL, ALTERNATE = "channel", "alternate"


@dataclass(frozen=True, order=True)
class Rung:
    """`kind` is CHANNEL with a channel's code, or ALTERNATE with "1" (A) or "2" (B)."""

    minutes: float
    kind: str
    value: str

    def to_json(self) -> list[object]:
        return [self.minutes, self.kind, self.value]


DEFAULT = (
    Rung(0, CHANNEL, "in_app"),
    Rung(0, CHANNEL, "bot"),
    Rung(3, CHANNEL, "sms"),
    Rung(5, CHANNEL, "voice"),
    Rung(8, ALTERNATE, "1"),
    Rung(12, ALTERNATE, "2"),
)


def rungs_from_json(data: Iterable[Sequence[object]]) -> list[Rung]:
    """Inverse of `Rung.to_json` for a whole ladder."""
    return [Rung(float(str(minutes)), str(kind), str(value)) for minutes, kind, value in data]


def ladder_for(rungs: Iterable[Rung], *, rank: int, alternates: int, channels: Iterable[str]) -> list[Rung]:
    """The rungs that apply to one person, earliest first.

    An alternate's own ladder has channels only: the primary's ladder does the climbing. Alternates that do not exist
    and channels on which the person cannot be reached are left out; a person who could be reached on no channel at
    all keeps the first rung, so that the in-app inbox at least shows the call.
    """
    reachable = set(channels)
    ordered = sorted(rungs, key=lambda rung: rung.minutes)
    kept = [
        rung
        for rung in ordered
        if (rung.kind == CHANNEL and rung.value in reachable)
        or (rung.kind == ALTERNATE and rank == 0 and int(rung.value) <= alternates)
    ]
    if not any(rung.kind == CHANNEL for rung in kept):
        kept = [*[rung for rung in ordered if rung.kind == CHANNEL][:1], *kept]
    return kept


def rung_due(rungs: Sequence[Rung], done: int, called_at: datetime, times: Times) -> datetime | None:
    """When the next rung is due in real time, after `done` of them; None when none is left."""
    return times.due(called_at, rungs[done].minutes) if done < len(rungs) else None

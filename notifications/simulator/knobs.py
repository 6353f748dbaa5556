"""How the simulated providers misbehave: shares from 0 to 1 and times in seconds, set by POST /control."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, fields
from typing import Any


@dataclass
class Knobs:
    """`throttle` calls are refused with HTTP 429, `error` ones with 500, both taken by nobody; `hang` calls are taken
    and never answered; `late_error` ones are taken and then answered with 504; `limited` numbers have had enough
    (of WeChat: have no consent left; of app push: removed the app); who answers a call presses `pressed`. `reviews`
    says of an id {code: ["submitted" or "rejected", reason]}: without, its words are approved."""

    latency: float = 0.0
    throttle: float = 0.0
    error: float = 0.0
    hang: float = 0.0
    late_error: float = 0.0
    receipts: bool = True
    receipt_delay: float = 0.5
    receipts_lost: float = 0.0
    receipts_doubled: float = 0.0
    receipts_shuffled: bool = False
    undelivered: float = 0.0
    out_of_service: bool = False
    pressed: str = ""
    limited: list[str] = field(default_factory=list)
    reviews: dict[str, list[str]] = field(default_factory=dict)
    seed: int = 1
    chance: random.Random = field(default_factory=lambda: random.Random(1), repr=False)

    def set(self, wanted: dict[str, Any]) -> None:
        """Raises ValueError for a knob or value that does not exist."""
        known = {item.name: item for item in fields(self) if item.name != "chance"}
        for name, value in wanted.items():
            if name not in known:
                raise ValueError(f"no knob {name}; there are {', '.join(known)}")
            kind = type(getattr(self, name))
            if kind is bool and not isinstance(value, bool):
                value = str(value).lower() in {"1", "true", "yes"}  # noqa: PLW2901
            setattr(self, name, kind(value))
        if "seed" in wanted:
            self.chance = random.Random(self.seed)

    def hit(self, share: float) -> bool:
        return share > 0 and self.chance.random() < share

    def show(self) -> dict[str, Any]:
        return {item.name: getattr(self, item.name) for item in fields(self) if item.name != "chance"}

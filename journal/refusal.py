"""The base of every refusal: one exception class per reason, beside the operation that raises it."""

from __future__ import annotations

from typing import Any, ClassVar


class Refusal(Exception):
    """Something a user asked for that the rules do not allow now. Nothing was changed.

    `str(refusal)` tells the user what to do; `extra` is added to the API's answer.
    """

    status: ClassVar[int] = 409

    def __init__(self, message: object, **extra: Any) -> None:
        super().__init__(str(message))
        self.extra = extra


class Invalid(Refusal):
    """What was sent cannot be used: a missing or unknown thing, a value out of range."""

    status = 422


class AlreadyDone(Refusal):
    """The same actor did exactly this before: nothing more was changed. A page may take it for done (a double
    click); a machine learns that it was its own earlier call."""

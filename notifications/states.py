"""States of the nouns that are moved in bulk, and the one table of moves that are allowed."""

from __future__ import annotations

from django.db import models
from django.utils.translation import pgettext_lazy


class MessageState(models.TextChoices):
    """Where a message stands. `sent`: a provider accepted it; `ambiguous`: nobody knows whether it did.

    A queued message that an open call names is on its way; no row is rewritten for that.
    """

    QUEUED = "queued", pgettext_lazy("message", "queued")
    SENT = "sent", pgettext_lazy("message", "sent")
    DELIVERED = "delivered", pgettext_lazy("message", "delivered")
    FAILED = "failed", pgettext_lazy("message", "failed")
    AMBIGUOUS = "ambiguous", pgettext_lazy("message", "unclear")
    CANCELLED = "cancelled", pgettext_lazy("message", "cancelled")


M = MessageState

# from → to. A receipt may overtake our own record of the call that caused it, and may come after we gave up on a
# message; a proof of delivery is therefore accepted from everywhere, and nothing leads out of `delivered`. A message
# that must wait again is told why.
TRANSITIONS: dict[str, frozenset[str]] = {
    M.QUEUED: frozenset({M.QUEUED, M.SENT, M.DELIVERED, M.FAILED, M.AMBIGUOUS, M.CANCELLED}),
    M.AMBIGUOUS: frozenset({M.QUEUED, M.SENT, M.DELIVERED, M.FAILED}),
    M.SENT: frozenset({M.DELIVERED, M.FAILED}),
    M.FAILED: frozenset({M.DELIVERED}),
    M.CANCELLED: frozenset({M.DELIVERED}),
    M.DELIVERED: frozenset(),
}


class ChunkState(models.TextChoices):
    """`waiting`: not to be sent now (its batch is not launched, or paused)."""

    WAITING = "waiting", "waiting"
    DUE = "due", "due"
    DONE = "done", "done"


class Outcome(models.TextChoices):
    """What came of one call to a provider. `open` is committed before the call.

    `ambiguous`: nobody knows yet, the provider is being asked; `unknown`: it cannot be asked, or gave no answer.
    """

    OPEN = "open", pgettext_lazy("call", "under way")
    ACCEPTED = "accepted", pgettext_lazy("call", "accepted")
    REJECTED = "rejected", pgettext_lazy("call", "rejected")
    AMBIGUOUS = "ambiguous", pgettext_lazy("call", "unclear")
    UNKNOWN = "unknown", pgettext_lazy("call", "never cleared up")

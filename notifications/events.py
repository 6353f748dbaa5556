"""Which events the rooms tell systems outside. Each room declares its own: `declare({"reroute.applied": _("…")})`."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

TEST = "webhook.test"

KINDS: dict[str, str | Promise] = {TEST: _("test message")}


class UnknownEvent(LookupError):
    """An event that no room has declared: a mistake in the code."""


def declare(kinds: Mapping[str, str | Promise]) -> None:
    KINDS.update(kinds)


def known() -> dict[str, str]:
    """Every event that can be subscribed to with what it tells, in the active language."""
    return {kind: str(label) for kind, label in sorted(KINDS.items()) if kind != TEST}

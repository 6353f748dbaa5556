"""What every page's frame needs."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext as _

from config.navigation import places_for
from config.watchdog import watchdog
from journal import clock


def shell(request: HttpRequest) -> dict[str, Any]:
    """Permissions for templates; the frame's own parts are made only when a whole page asks for them."""
    actor = getattr(request, "actor", None)
    may = actor.permissions if actor else frozenset()
    return {
        "actor": actor,
        "may": may,
        "house_now": cache(clock.now),
        "navigation": lambda: places_for(may, request.path),
        "script_texts": script_texts,
        "engine": watchdog.known,
        "other_language": other_language,
    }


def other_language() -> dict[str, str]:
    """The language that the switch offers, in its own words."""
    from django.utils.translation import get_language

    if (get_language() or settings.LANGUAGE_CODE).startswith("en"):
        return {"code": "zh-hans", "short": "中", "name": "切换到中文"}
    return {"code": "en", "short": "EN", "name": "Switch to English"}


def script_texts() -> dict[str, str]:
    """Texts that the browser's own scripts show."""
    return {
        "left": _("%s left"),
        "over": _("%s over"),
        "days": _("%s d"),
        "live": _("Live"),
        "stale": _("Data may be out of date"),
        "connecting": _("Connecting…"),
        "failed": _("The server did not answer. Nothing was changed; try again."),
        "refused": _("That was refused."),
        "confirm": _("Confirm"),
        "cancel": _("Cancel"),
        "close": _("Close"),
        "dark": _("Dark"),
        "light": _("Light"),
        "baseline": _("Baseline"),
        "orders": _("Orders"),
        "orders_an_hour": _("orders/h"),
        "eighty": _("80% of baseline"),
        "now": _("Now"),
        "warehouse": _("Warehouse"),
        "warning": _("Warning"),
        "track": _("Typhoon track"),
        "forecast": _("Forecast"),
        "no_incident": _("no incident"),
        "south_sea": _("South China Sea islands"),
    }

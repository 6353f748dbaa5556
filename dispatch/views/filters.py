"""The filters of the order lists, as a page's address has them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from dispatch.models import Carrier, OrderState, Region, RegionLevel, Warehouse
from dispatch.queries.search import ALLOCATED, LATE, UNALLOCATED, OrderFilter

NAMES = ("q", "state", "region", "warehouse", "carrier", "lane", "priority", "promise_from", "promise_to")
STATES = [
    *OrderState.choices,
    (ALLOCATED, _("open, allocated")),
    (UNALLOCATED, _("open, not allocated")),
    (LATE, _("open, past the promise")),
]


def given(request: HttpRequest, *more: str) -> dict[str, str]:
    """What the address says, as text; an unknown state or a strange number counts as not given."""
    found = {name: request.GET.get(name, "").replace("\x00", "").strip()[:64] for name in (*NAMES, *more)}
    if found["state"] not in dict(STATES):
        found["state"] = ""
    for name in ("lane", "priority"):
        if not (found[name].isascii() and found[name].isdigit() and len(found[name]) < 19):
            found[name] = ""
    for name in ("promise_from", "promise_to"):
        if day_of(found[name]) is None:
            found[name] = ""
    return found


def order_filter(given: dict[str, str]) -> OrderFilter:
    """Days of the promise are whole days in the reader's zone, both included."""
    first, last = day_of(given["promise_from"]), day_of(given["promise_to"])
    return OrderFilter(
        text=given["q"],
        state=given["state"],
        region=given["region"],
        warehouse=given["warehouse"],
        carrier=given["carrier"],
        lane=int(given["lane"]) if given["lane"] else None,
        priority=int(given["priority"]) if given["priority"] else None,
        promise_from=midnight(first) if first else None,
        promise_to=midnight(last + timedelta(days=1)) if last else None,
    )


def day_of(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2200 else None


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())


def choices() -> dict[str, Any]:
    """What the filters offer."""
    return {
        "states": STATES,
        "provinces": Region.objects.filter(level=RegionLevel.PROVINCE).order_by("code"),
        "warehouses": Warehouse.objects.order_by("code"),
        "carriers": Carrier.objects.order_by("code"),
    }


def address(given: dict[str, str], **more: str) -> str:
    """A query string with what is given, and `more`."""
    return urlencode({name: value for name, value in {**given, **more}.items() if value})

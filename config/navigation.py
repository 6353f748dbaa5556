"""The places of the command centre, in the order of the top bar; each shows once its page exists and one may see it."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.roles import Permission


@dataclass(frozen=True)
class Place:
    """`key` is pressed after `g` to go there; `on_phone` places sit at the bottom edge of a phone."""

    url_name: str
    label: str | Promise
    icon: str
    key: str
    permission: str = Permission.VIEW
    on_phone: bool = False
    also: str = ""  # further pages that belong to it begin with this path


PLACES = [
    Place("board", _("Board"), "layout-dashboard", "b", on_phone=True),
    Place("incident_list", _("Incidents"), "siren", "i", on_phone=True),
    Place("order_list", _("Orders"), "package", "o"),
    Place("notice_list", _("Notices"), "megaphone", "n"),
    Place("desk", _("Customers"), "headset", "c", permission=Permission.SERVE_CUSTOMERS),
    Place("stock", _("Supplies"), "warehouse", "s", on_phone=True),
    Place("alert_list", _("Warnings"), "cloud-lightning", "w", on_phone=True),
    Place("plan_list", _("Plans"), "book-open-check", "p", also="/rules/"),
    Place("drill_list", _("Drills"), "clapperboard", "d"),
    Place("kpi_list", _("Figures"), "chart-line", "f"),
]


def address(name: str) -> str:
    """The page's address, or "" while no room offers it."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def places_for(permissions: frozenset[str] | set[str], path: str) -> list[dict[str, object]]:
    """What the navigation shows to somebody with these permissions who is at `path`."""
    shown: list[dict[str, object]] = []
    for place in PLACES:
        url = address(place.url_name)
        if url and place.permission in permissions:
            here = (
                path == url or (url != "/" and path.startswith(url)) or bool(place.also and path.startswith(place.also))
            )
            shown.append({"place": place, "url": url, "here": here})
    return shown

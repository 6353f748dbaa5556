"""Incidents that belong together, and what was made known about one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from incidents.models import Announcement, Incident


@dataclass(frozen=True)
class Family:
    """Where an incident belongs: its parent, its parts, what it was merged into, and what was merged into it."""

    parent: Incident | None = None
    children: list[Incident] = field(default_factory=list)
    merged_into: Incident | None = None
    duplicates: list[Incident] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.parent or self.children or self.merged_into or self.duplicates)


def family(incident: Incident) -> Family:
    """With two queries, and one each for a parent and a target."""
    return Family(
        parent=incident.parent,
        children=list(incident.children.order_by("-reported_at", "-id")),
        merged_into=incident.merged_into,
        duplicates=list(incident.duplicates.order_by("-reported_at", "-id")),
    )


OPEN = (
    Incident.State.REPORTED,
    Incident.State.GRADED,
    Incident.State.WARNED,
    Incident.State.RESPONDING,
    Incident.State.RECOVERING,
    Incident.State.SUSPENDED,
)
MOST_OFFERED = 60


def possible_targets(incident: Incident) -> list[Incident]:
    """Into which an incident may be merged: open ones of the same exercise or all real, no less far on; likely
    duplicates (same region or category) first, then the newest."""
    states = OPEN if not incident.running else OPEN[3:]
    rows = Incident.objects.filter(state__in=states, exercise=incident.exercise).exclude(pk=incident.pk)
    found = list(rows.order_by("-reported_at", "-id")[:MOST_OFFERED])

    def unlike(other: Incident) -> tuple[bool, bool]:
        return (other.region_code[:4] != incident.region_code[:4], other.category != incident.category)

    return sorted(found, key=unlike)


def possible_parents(incident: Incident) -> list[Incident]:
    """Which an incident may be part of: of the same exercise or all real, neither itself nor one of its own parts."""
    parts, fresh = {incident.pk}, {incident.pk}
    while fresh:
        fresh = set(Incident.objects.filter(parent__in=fresh).values_list("pk", flat=True)) - parts
        parts |= fresh
    rows = Incident.objects.filter(exercise=incident.exercise).exclude(pk__in=parts)
    rows = rows.exclude(state__in=[Incident.State.DISMISSED, Incident.State.MERGED])
    return list(rows.order_by("-reported_at", "-id")[:MOST_OFFERED])


# What the parts of a notice are called; the words in brackets are the law's (突发事件应对法 Art. 64 and 72).
FIELDS = {
    "category": _("Category"),
    "matter": _("Matter"),
    "level": _("Level"),
    "starts_at": _("Begins"),
    "extent": _("Likely extent"),
    "heed": _("What to heed"),
    "actions": _("What people should do"),
    "source": _("Source"),
    "period": _("Expected period"),
    "measures": _("Measures"),
    "done": _("What was done"),
    "remaining": _("What remains to be done"),
    "issuer": _("Issued by"),
    "issued_at": _("Issued at"),
}


@dataclass(frozen=True)
class Notice:
    """An announcement in the active language: `rows` are (code, name of the field, text)."""

    announcement: Announcement
    kind: str
    title: str
    rows: list[tuple[str, str, str]]


def announcements(incident: Incident) -> list[Notice]:
    """What was made known about an incident, the newest first."""
    return [notice_of(row) for row in incident.announcements.order_by("-issued_at", "-id")]


def notice_of(announcement: Announcement) -> Notice:
    key = "en" if (get_language() or "").startswith("en") else "zh"
    fields: list[dict[str, Any]] = announcement.content.get("fields") or []
    rows = [(each["code"], str(FIELDS.get(each["code"], each["code"])), each.get(key, "")) for each in fields]
    return Notice(
        announcement=announcement,
        kind=announcement.kind,
        title=str(announcement.get_kind_display()),  # type: ignore[attr-defined]
        rows=[row for row in rows if row[2]],
    )

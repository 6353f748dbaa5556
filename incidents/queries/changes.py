"""What changed in an incident since a person last looked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actors import Actor
from incidents.models import Incident, LastLook, Level
from journal.kinds import describe
from journal.models import Entry
from journal.queries import timeline

MOST_LISTED = 40
# The way of single messages to staff: kept for proof, but nothing to read while working.
QUIET = ("notice.queued", "notice.sent", "notice.delivered")


@dataclass(frozen=True)
class Changes:
    """`rows` are the newest of them, ready to be read; `newest` is the entry that marking as seen would reach."""

    since: datetime
    seen: int
    newest: int
    count: int
    overdue: int
    highlights: list[str] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


def newest_entry(incident: Incident, *, upto: int | None = None) -> int:
    """The id of the newest entry about an incident (not beyond `upto`), 0 without any; by its two indexes."""
    own = Entry.objects.filter(subject=incident.reference).order_by("-seq")
    told = Entry.objects.filter(reference=incident.reference).order_by("-id")
    if upto is not None:
        own, told = own.filter(pk__lte=upto), told.filter(pk__lte=upto)
    return max(rows.values_list("pk", flat=True).first() or 0 for rows in (own, told))


def changes_since(incident: Incident, by: Actor) -> Changes | None:
    """What others did and what fell due since the person's mark; None before the first one."""
    look = LastLook.objects.filter(incident=incident, user_id=by.user_id).first() if by.user_id else None
    if look is None:
        return None
    fresh = timeline(incident.reference).filter(pk__gt=look.entry).exclude(kind__in=QUIET).exclude(actor=str(by))
    # Sorted here: asked for the newest by id, the database might walk the journal of everybody.
    found = sorted(fresh.order_by().values_list("pk", "kind"), reverse=True)
    kinds = Counter(kind for _pk, kind in found)
    listed = Entry.objects.filter(pk__in=[pk for pk, _kind in found[:MOST_LISTED]]).order_by("-occurred_at", "-id")
    return Changes(
        since=look.looked_at,
        seen=look.entry,
        newest=max(look.entry, newest_entry(incident)),
        count=len(found),
        overdue=kinds["deadline.missed"],
        highlights=highlights(incident, kinds),
        rows=describe(list(listed)),
    )


def highlights(incident: Incident, kinds: Counter[str]) -> list[str]:
    """The few things that somebody who comes back must know first."""
    said = []
    if count := kinds["deadline.missed"]:
        said.append(ngettext("%(count)s overdue", "%(count)s overdue", count) % {"count": count})
    level = str(Level(incident.response_level).label) if incident.response_level else ""
    if kinds["incident.level_raised"]:
        said.append(_("level raised to %(level)s") % {"level": level})
    if kinds["incident.level_lowered"]:
        said.append(_("level lowered to %(level)s") % {"level": level})
    if count := kinds["measure.failed"]:
        said.append(ngettext("%(count)s failed", "%(count)s failed", count) % {"count": count})
    if count := kinds["callout.arrived"] + kinds["post.taken"]:
        said.append(ngettext("%(count)s arrived", "%(count)s arrived", count) % {"count": count})
    if count := kinds["measure.done"]:
        said.append(ngettext("%(count)s measure done", "%(count)s measures done", count) % {"count": count})
    if count := kinds["decision.logged"]:
        said.append(ngettext("%(count)s note", "%(count)s notes", count) % {"count": count})
    return said

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
MOST_COUNTED = 1000
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


def changes_since(incident: Incident, by: Actor) -> Changes | None:
    """What others did and what fell due since the person's mark; None before the first one."""
    look = LastLook.objects.filter(incident=incident, user_id=by.user_id).first() if by.user_id else None
    if look is None:
        return None
    fresh = timeline(incident.reference).filter(pk__gt=look.entry)
    heard = list(fresh.order_by("-id").values_list("pk", "kind", "actor")[:MOST_COUNTED])
    found = [(pk, kind) for pk, kind, actor in heard if actor != str(by) and kind not in QUIET]
    kinds = Counter(kind for _pk, kind in found)
    listed = Entry.objects.filter(pk__in=[pk for pk, _kind in found[:MOST_LISTED]]).order_by("-occurred_at", "-id")
    return Changes(
        since=look.looked_at,
        seen=look.entry,
        newest=heard[0][0] if heard else look.entry,
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

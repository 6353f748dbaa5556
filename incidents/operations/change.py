"""One change to one incident: the frame of every operation here.

The incident's row is locked first; then time is read; then states, deadlines and rows change; the journal is written
last, because it locks the incident's chain, which the deadline engine needs as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from incidents import staff
from incidents.models import CallOut, CommandPost, Deadline, Incident, Measure, PostSeat
from incidents.refusals import ChangedMeanwhile, IncidentNotFound, where_it_stands
from incidents.timemap import TimeMap
from journal import clock, hints
from journal import operations as journal
from journal.kinds import describe
from journal.models import Entry


@dataclass
class Change:
    """What one operation is doing to one incident."""

    incident: Incident
    by: Actor
    now: datetime
    told: list[dict[str, Any]] = field(default_factory=list)
    overdue: list[staff.Overdue] = field(default_factory=list)
    opened: list[Deadline] = field(default_factory=list)
    jobs: list[int] = field(default_factory=list)
    saving: bool = False
    newer: bool = False

    @property
    def times(self) -> TimeMap:
        return self.incident.times

    def tell(
        self,
        kind: str,
        payload: Mapping[str, Any] | None = None,
        *,
        occurred_at: datetime | None = None,
        backfilled: bool = False,
        by: Actor | None = None,
    ) -> None:
        """Remember an entry about the incident; all are written, in this order, when the change ends."""
        self.told.append(
            {
                "kind": kind,
                "payload": dict(payload or {}),
                "occurred_at": occurred_at,
                "backfilled": backfilled,
                "by": by or self.by,
            }
        )

    def escalate(
        self,
        what: Callable[[], object],
        *,
        key: str,
        posts: Sequence[str],
        due_at: datetime | None = None,
        by: Actor | None = None,
        kind: str = "",
        payload: Mapping[str, Any] | None = None,
    ) -> None:
        """Whoever holds these posts is told, when the change ends, what is late or missing: all of it in one message.

        `what` is called in each person's language. `kind` and `payload` are an entry about it, which gets the number of
        messages.
        """
        if kind:
            self.tell(kind, payload, by=by)
        entry = self.told[-1]["payload"] if kind else {}
        self.overdue.append(staff.Overdue(what, due_at or self.now, key, tuple(posts), by or self.by, entry))

    def moved(self, *act: object) -> None:
        """The incident's state or level changed by `act`: a newer version, and the act to know a double click by."""
        self.incident.version += 1
        self.newer = True
        self.incident.last_act = [*act, str(self.by)]
        self.saving = True

    def repeats(self, *act: object) -> bool:
        """Whether the same actor did exactly this last: then there is nothing to do."""
        return bool(self.incident.last_act) and self.incident.last_act == [*act, str(self.by)]

    def expect(self, version: int | None) -> None:
        """Raise ChangedMeanwhile, with what changed, when the caller looked at another version than this."""
        if version is not None and version != self.incident.version:
            raise ChangedMeanwhile(
                _("Incident %(number)s was changed meanwhile. Look at it again before you decide.")
                % {"number": self.incident.number},
                changed=changes_since(self.incident, version),
                **where_it_stands(self.incident),
            )

    def expect_row(self, row: Measure | CallOut | PostSeat | CommandPost, version: int | None) -> None:
        """The same for a row with a version of its own, which this change has locked."""
        if version is not None and version != row.version:
            raise ChangedMeanwhile(
                _("This was changed meanwhile. Look at it again before you decide."),
                version=row.version,
                state=str(getattr(row, "state", "")),
            )

    def finish(self) -> None:
        if self.opened:
            Deadline.objects.bulk_create(self.opened)
            clock.wake()
        if self.saving:
            self.incident.save()
        staff.escalate(self.incident, self.overdue, self.now)
        for entry in self.told:
            if self.newer:
                entry["payload"]["version"] = self.incident.version
            journal.write(subject=self.incident.reference, exercise=self.incident.exercise, **entry)
        if self.jobs:
            from incidents.tasks import run_measure

            clock.wake()
            for job in self.jobs:
                hints.nudge(run_measure, job_id=job)


MOST_CHANGES = 20


def changes_since(incident: Incident, version: int) -> list[dict[str, str]]:
    """What made an incident newer than `version`, oldest first: {"kind", "at", "by", "text"}."""
    newer = Entry.objects.filter(subject=incident.reference, payload__version__gt=version).order_by("id")
    return [
        {
            "kind": row["entry"].kind,
            "at": row["entry"].recorded_at.isoformat(),
            "by": row["actor"],
            "text": row["text"],
        }
        for row in describe(list(newer[:MOST_CHANGES]))
    ]


@contextmanager
def changing(incident_id: int, *, by: Actor) -> Iterator[Change]:
    """Lock an incident, hand out the change, and finish it. Raises IncidentNotFound.

    Joins the caller's transaction when there is one. An exception leaves nothing behind.
    """
    with transaction.atomic():
        incident = Incident.objects.select_for_update(no_key=True).filter(pk=incident_id).first()
        if incident is None:
            raise IncidentNotFound(_("There is no incident %(id)s.") % {"id": incident_id})
        change = Change(incident, by, clock.now())
        yield change
        change.finish()


def for_customers(by: Actor) -> Actor:
    """Who decides about an incident lets customer service be asked, whatever else they may do."""
    return Actor(by.kind, by.key, frozenset({Permission.SEND_NOTICES}))


def require(change: Change, permission: Permission) -> None:
    """The permission again, now where the incident is."""
    change.by.require(permission, region=change.incident.region_code)

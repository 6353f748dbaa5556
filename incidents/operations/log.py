"""What people write into the log: notes, and decisions with their reason and what else was considered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import User
from accounts.roles import Permission
from incidents import staff
from incidents.models import Decision, Incident
from incidents.operations.change import Change, changing, require
from incidents.refusals import ImpossibleTime, ReasonMissing, UnknownPerson
from journal.kinds import names_in

MOST_MENTIONS = 50
QUOTED = 160  # characters of a note that a message repeats; the rest is read in the room
WRITTEN = (Decision.Kind.NOTE, Decision.Kind.DECISION)


def log_entry(
    *,
    incident_id: int,
    text: str,
    by: Actor,
    kind: str = Decision.Kind.NOTE,
    reason: str = "",
    alternatives: str = "",
    mentions: Iterable[int] = (),
    occurred_at: datetime | None = None,
) -> Decision:
    """Keep a note or a decision in the log; nothing changes it afterwards.

    `mentions` are ids of people, who are told in their inbox. `occurred_at` enters afterwards when it really was, and
    the timeline shows it there, marked. Journals decision.logged with ids only: the words stay in their own row.
    Raises ReasonMissing without words, UnknownPerson, ImpossibleTime, NotAllowed.
    """
    by.require(Permission.DO_MEASURE)
    with changing(incident_id, by=by) as change:
        require(change, Permission.DO_MEASURE)
        if not text.strip():
            raise ReasonMissing(_("Write the note first."))
        if occurred_at is not None:
            check_time(change, occurred_at)
        people = mentioned(mentions)
        note = Decision.objects.create(
            incident=change.incident,
            kind=kind if kind in WRITTEN else Decision.Kind.NOTE,
            text=text.strip(),
            reason=reason.strip(),
            alternatives=alternatives.strip(),
            mentions=[person.pk for person in people],
            occurred_at=occurred_at,
            made_by=str(by),
            made_at=change.now,
        )
        tell_mentioned(change, note, people)
        change.tell(
            "decision.logged",
            {
                "note": f"decision:{note.pk}",
                "kind": note.kind,
                **({"mentions": [f"user:{person.pk}" for person in people]} if people else {}),
            },
            occurred_at=occurred_at,
            backfilled=occurred_at is not None,
        )
        return note


def check_time(change: Change, moment: datetime) -> None:
    """Something that is entered afterwards lies between the event and now. Raises ImpossibleTime."""
    incident: Incident = change.incident
    if not min(incident.occurred_at, incident.reported_at) <= moment <= change.now:
        raise ImpossibleTime(_("The time must lie between the event and now."))


def mentioned(ids: Iterable[int]) -> list[User]:
    """The people behind these ids, nobody twice. Raises UnknownPerson."""
    wanted = list(dict.fromkeys(ids))[:MOST_MENTIONS]
    found = User.objects.filter(pk__in=wanted, is_active=True).in_bulk()
    if missing := [pk for pk in wanted if pk not in found]:
        raise UnknownPerson(_("Nobody active has the number %(id)s.") % {"id": missing[0]}, missing=missing)
    return [found[pk] for pk in wanted]


def tell_mentioned(change: Change, note: Decision, people: list[User]) -> None:
    """One message in the inbox of everybody who is named, except the writer."""
    text = note.text if len(note.text) <= QUOTED else note.text[:QUOTED] + "…"
    writer = str(change.by)
    staff.send(
        change.incident,
        [person for person in people if person.pk != change.by.user_id],
        template="mention",
        variables={
            "event": change.incident.title,
            "who": lambda user: names_in([writer]).get(writer, _("System")),
            "text": text,
            "url": staff.room_url(change.incident),
        },
        key=f"mention:{note.pk}",
        by=change.by,
        channels=["in_app"],
    )

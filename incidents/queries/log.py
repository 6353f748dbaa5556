"""The timeline of the room: what happened, with the words and files that belong to it, and who may be named."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from accounts.naming import in_a_row
from accounts.queries import people
from incidents.models import Attachment, Decision, Incident
from incidents.queries.changes import QUIET, newest_entry
from incidents.queries.family import Notice, announcements
from journal.kinds import describe, names_in
from journal.queries import timeline

PAGE = 60
WORDS, WORK, EVERYTHING = "words", "work", "all"
WORD_KINDS = ("decision.logged", "file.attached", "incident.reviewed", "legal.clock_fulfilled")
SUGGESTED = 8
LONGEST_CALLED = 16


@dataclass(frozen=True)
class TimelineRow:
    """One line. `day` is set on the first line of a day, when the timeline covers several; `by` is the actor's key."""

    id: int
    kind: str
    at: datetime
    recorded_at: datetime
    backfilled: bool
    actor: str
    text: str
    by: str
    day: date | None = None
    decision: Decision | None = None
    named: str = ""
    files: list[Attachment] = field(default_factory=list)
    notice: Notice | None = None


@dataclass(frozen=True)
class Timeline:
    rows: list[TimelineRow]
    newest: int
    more: bool


def room_timeline(incident: Incident, *, show: str = WORK, everything: bool = False) -> Timeline:
    """The newest of the timeline. `show` is "work" (without the way of single messages), "words" (what people wrote)
    or "all"."""
    found = timeline(incident.reference)
    if show != EVERYTHING:
        # A note shows its own files.
        found = found.exclude(kind__in=QUIET).exclude(kind="file.attached", payload__about__startswith="decision:")
    if show == WORDS:
        found = found.filter(kind__in=WORD_KINDS)
    entries = list(found if everything else found[: PAGE + 1])
    more = not everything and len(entries) > PAGE
    entries = entries if everything else entries[:PAGE]
    notes = decisions_of([entry.payload.get("note", "") for entry in entries])
    files = files_of(incident)
    announced = any(entry.kind == "incident.announced" for entry in entries)
    notices = {f"announcement:{row.announcement.pk}": row for row in announcements(incident)} if announced else {}
    newest = newest_entry(incident)
    mentioned = names_in([[f"user:{pk}" for pk in note.mentions] for note in notes.values()])
    days = {timezone.localdate(entry.occurred_at) for entry in entries}
    rows, last = [], None
    for line in describe(entries):
        entry, day = line["entry"], timezone.localdate(line["entry"].occurred_at)
        note = notes.get(str(entry.payload.get("note", ""))) if entry.kind != "incident.reviewed" else None
        rows.append(
            TimelineRow(
                id=entry.pk,
                kind=entry.kind,
                at=entry.occurred_at,
                recorded_at=entry.recorded_at,
                backfilled=entry.backfilled,
                actor=line["actor"],
                text=line["text"],
                by=entry.actor,
                day=day if len(days) > 1 and day != last else None,
                decision=note,
                named=in_a_row(mentioned.get(f"user:{pk}", "") for pk in note.mentions) if note else "",
                files=files.get(f"decision:{note.pk}" if note else str(entry.payload.get("file", "-")), []),
                notice=notices.get(str(entry.payload.get("announcement", ""))),
            )
        )
        last = day
    return Timeline(rows, newest, more)


def decisions_of(references: list[str]) -> dict[str, Decision]:
    ids = [int(key) for prefix, _colon, key in (ref.partition(":") for ref in references) if prefix == "decision"]
    return {f"decision:{row.pk}": row for row in Decision.objects.filter(pk__in=ids)}


def files_of(incident: Incident) -> defaultdict[str, list[Attachment]]:
    """Files by what they belong to, and each also by its own name "file:5"; blank for the incident itself."""
    found: defaultdict[str, list[Attachment]] = defaultdict(list)
    for file in Attachment.objects.filter(incident=incident).order_by("added_at", "id"):
        found[file.subject].append(file)
        found[f"file:{file.pk}"].append(file)
    return found


def suggested_people(words: str) -> list[User]:
    """People who may be named in a note, by a part of their name."""
    return list(people(words.strip().replace("\x00", "")[:40])[:SUGGESTED])


def people_called(text: str) -> list[int]:
    """Ids of people whom a text names as "@姓名" or "@Li Min"; a name that several bear names nobody."""
    wanted: dict[str, set[str]] = {}
    for match in re.finditer(rf"@([^@\n]{{1,{LONGEST_CALLED}}})", text):
        rest = match.group(1)
        wanted[rest] = {rest[:length].strip() for length in range(2, len(rest) + 1)}
    names = {name for candidates in wanted.values() for name in candidates if name}
    known: defaultdict[str, set[int]] = defaultdict(set)
    found = User.objects.filter(Q(name__in=names) | Q(name_en__in=names), is_active=True) if names else []
    for user in found:
        for name in {user.name, user.name_en} - {""}:
            known[name].add(user.pk)
    ids: list[int] = []
    for candidates in wanted.values():
        best = max((name for name in candidates if name in known), key=len, default="")
        if best and len(known[best]) == 1:
            ids += known[best]
    return list(dict.fromkeys(ids))

"""Opening, settling and cancelling deadlines inside a change. The clock's own bulk engine is `incidents.firing`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Q

from incidents.models import DEADLINE_MOVES, Deadline, DeadlineKind, DeadlineState
from incidents.operations.change import Change
from journal.moves import sources

REMINDED = {DeadlineKind.LEGAL, DeadlineKind.CONFIRM}


def missed_payload(deadline: Deadline) -> dict[str, object]:
    """What an entry about a missed deadline says; `firing.FIRE` builds the same in SQL."""
    return {
        "deadline": f"deadline:{deadline.pk}",
        "kind": deadline.kind,
        "subject": deadline.subject,
        "post": f"post:{deadline.post}" if deadline.post else "",
        "generation": deadline.generation,
    }


def open_deadline(
    change: Change,
    kind: str,
    subject: str,
    due_at: datetime,
    *,
    started_at: datetime | None = None,
    post: str = "",
    name: str = "",
    name_en: str = "",
    remind: bool = False,
) -> Deadline:
    """Draw one deadline; it is stored when the change ends. A fifth of the time before it, a reminder is due."""
    started = started_at or change.now
    remind_at = due_at - (due_at - started) / 5 if remind or kind in REMINDED else None
    deadline = Deadline(
        incident=change.incident,
        kind=kind,
        subject=subject,
        post=post,
        name=name,
        name_en=name_en,
        generation=change.incident.generation,
        started_at=started,
        due_at=due_at,
        remind_at=remind_at if remind_at and remind_at > change.now else None,
        exercise=change.incident.exercise,
    )
    change.opened.append(deadline)
    return deadline


def move(ids: Iterable[int], to: str, **fields: object) -> None:
    """The one place where Python writes a deadline's state; checks the count against the rows it locked."""
    wanted = list(ids)
    moved = Deadline.objects.filter(pk__in=wanted, state__in=sources(DEADLINE_MOVES, to)).update(
        state=to, remind_at=None, **fields
    )
    if moved != len(wanted):
        raise AssertionError(f"{len(wanted) - moved} deadlines could not become {to}")


def settle(change: Change, kind: str, subject: str, *, at: datetime | None = None, backfilled: bool = False) -> None:
    """The thing watched happened at `at` (default now): met in time, or missed if the clock had not come to it yet.

    Proof that it happened in time amends a recorded miss: the deadline becomes met, by a new entry deadline.amended.
    """
    moment = at or change.now
    for waiting in [d for d in change.opened if d.kind == kind and d.subject == subject]:
        change.opened.remove(waiting)
    rows = Deadline.objects.select_for_update().filter(
        incident=change.incident, kind=kind, subject=subject, settled_at=None
    )
    for deadline in rows.filter(state__in=[DeadlineState.OPEN, DeadlineState.MISSED]).order_by("id"):
        in_time = moment <= deadline.due_at
        if in_time:
            move([deadline.pk], DeadlineState.MET, settled_at=moment, escalate_at=None)
            if deadline.state == DeadlineState.MISSED:
                change.tell("deadline.amended", missed_payload(deadline), occurred_at=moment, backfilled=backfilled)
        elif deadline.state == DeadlineState.OPEN:
            move([deadline.pk], DeadlineState.MISSED, missed_at=change.now, settled_at=moment)
            change.tell("deadline.missed", missed_payload(deadline), occurred_at=deadline.due_at)
        else:
            Deadline.objects.filter(pk=deadline.pk).update(settled_at=moment)


def cancel(change: Change, *, kinds: Iterable[str] | None = None, subjects: Iterable[str] | None = None) -> int:
    """Cancel open deadlines, of these kinds and subjects or all. One that is due already but that the clock has not
    come to yet is recorded as missed first: cancelling never hides a miss. Returns how many were cancelled."""
    wanted = Q()
    if kinds is not None:
        wanted &= Q(kind__in=list(kinds))
    if subjects is not None:
        wanted &= Q(subject__in=list(subjects))
    rows = Deadline.objects.select_for_update().filter(wanted, incident=change.incident, state=DeadlineState.OPEN)
    ids = []
    for deadline in rows.order_by("id"):
        if deadline.due_at < change.now:
            move([deadline.pk], DeadlineState.MISSED, missed_at=change.now)
            change.tell("deadline.missed", missed_payload(deadline), occurred_at=deadline.due_at)
        else:
            ids.append(deadline.pk)
    move(ids, DeadlineState.CANCELLED)
    kept = [deadline for deadline in change.opened if not matches(deadline, kinds, subjects)]
    dropped = len(change.opened) - len(kept)
    change.opened[:] = kept
    return len(ids) + dropped


def matches(deadline: Deadline, kinds: Iterable[str] | None, subjects: Iterable[str] | None) -> bool:
    return (kinds is None or deadline.kind in set(kinds)) and (subjects is None or deadline.subject in set(subjects))

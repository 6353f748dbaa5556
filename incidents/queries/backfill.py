"""What is still open and may have been done on paper: measures, arrivals, the checklist, duties by law."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import User
from incidents.models import TOLD_KINDS, CallOut, Incident, Measure, PostSeat, ReadinessCheck
from incidents.queries.legal import legal_duties
from incidents.queries.rows import post_label

MEASURE, ARRIVAL, SEAT, CHECK, LEGAL, LOG = "measure", "arrival", "seat", "check", "legal", "log"
KINDS = (MEASURE, ARRIVAL, SEAT, CHECK, LEGAL, LOG)


@dataclass(frozen=True)
class BackfillRow:
    """One thing to enter. `since` is the earliest time it can have; `note` is "no", "may" or "must"."""

    kind: str
    key: str
    name: str
    detail: str = ""
    since: datetime | None = None
    due_at: datetime | None = None
    note: str = "no"
    note_label: str = ""


@dataclass(frozen=True)
class BackfillSection:
    kind: str
    title: str
    rows: list[BackfillRow] = field(default_factory=list)


def backfill_sections(incident: Incident) -> list[BackfillSection]:
    """Everything open, in the order in which a room of paper is read back."""
    return [
        BackfillSection(ARRIVAL, _("Arrivals on post"), arrivals(incident)),
        BackfillSection(SEAT, _("Posts taken by somebody who was not called"), seats(incident)),
        BackfillSection(CHECK, _("Readiness checklist"), checks(incident)),
        BackfillSection(MEASURE, _("Measures"), measures(incident)),
        BackfillSection(LEGAL, _("Duties by law"), duties(incident)),
        BackfillSection(LOG, _("Notes and decisions"), [blank_note(incident)]),
    ]


def find_row(incident: Incident, kind: str, key: str) -> BackfillRow | None:
    """The row that is open under this kind and key; None when it was settled meanwhile or never was."""
    return next((r for s in backfill_sections(incident) for r in s.rows if (r.kind, r.key) == (kind, key)), None)


def arrivals(incident: Incident) -> list[BackfillRow]:
    waiting = [CallOut.State.CALLED, CallOut.State.ACKNOWLEDGED, CallOut.State.UNREACHABLE]
    calls = CallOut.objects.filter(incident=incident, state__in=waiting).select_related("user", "seat")
    if not incident.running:
        return []
    return [
        BackfillRow(
            ARRIVAL,
            str(call.pk),
            call.user.label,
            post_label(call.seat.post),
            since=call.called_at,
            due_at=call.due_at,
        )
        for call in calls.order_by("seat_id", "rank", "id")
    ]


def seats(incident: Incident) -> list[BackfillRow]:
    """Posts that nobody holds, whoever sat down there: chosen by name."""
    if not incident.running:
        return []
    free = PostSeat.objects.filter(command_post__incident=incident, shift=1, arrived_at=None).order_by("id")
    return [BackfillRow(SEAT, seat.post, post_label(seat.post), since=incident.declared_at) for seat in free]


def checks(incident: Incident) -> list[BackfillRow]:
    rows = ReadinessCheck.objects.filter(command_post__incident=incident, done_at=None).exclude(
        command_post__state__in=["ready", "closed"]
    )
    return [BackfillRow(CHECK, check.code, check.label, since=incident.declared_at) for check in rows.order_by("order")]


def measures(incident: Incident) -> list[BackfillRow]:
    open_ones = Measure.objects.filter(incident=incident, due_at__isnull=False).exclude(
        state__in=[Measure.State.DONE, Measure.State.SKIPPED]
    )
    return [
        BackfillRow(
            MEASURE,
            str(measure.pk),
            measure.label,
            post_label(measure.post),
            since=incident.declared_at,
            due_at=measure.due_at,
            note="must" if measure.kind in TOLD_KINDS else "may",
            note_label=_("To whom and how") if measure.kind in TOLD_KINDS else _("Note"),
        )
        for measure in open_ones.order_by("due_at", "order", "id")
    ]


def duties(incident: Incident) -> list[BackfillRow]:
    return [
        BackfillRow(
            LEGAL,
            duty.clock.code,
            duty.clock.label,
            duty.authority,
            since=incident.occurred_at,
            due_at=duty.deadline.due_at if duty.deadline else None,
            note="must",
            note_label=_("To whom, how, under which number"),
        )
        for duty in legal_duties(incident)
        if duty.owed
    ]


def blank_note(incident: Incident) -> BackfillRow:
    return BackfillRow(
        LOG, "new", _("From the paper log"), since=incident.occurred_at, note="must", note_label=_("What happened")
    )


def people_to_choose() -> list[User]:
    return list(User.objects.filter(is_active=True).order_by("name", "username")[:500])

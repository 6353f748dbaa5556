"""Duties by law on one incident: when each is to be ticked, how far it is, and what its report says."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.naming import in_a_row, in_language
from incidents.models import Deadline, DeadlineKind, DeadlineState, Incident, LegalClock, LegalReport
from incidents.queries.files import FileRow, listed
from incidents.queries.pages import scope_names
from journal.kinds import names_in


@dataclass(frozen=True)
class FormField:
    """A field of a duty's form with what is known already."""

    code: str
    label: str
    required: bool
    value: str = ""


@dataclass(frozen=True)
class Duty:
    """A duty with its state: "idle" (not ticked), "open", "missed" (overdue, still owed), "late" or "done"."""

    clock: LegalClock
    trigger: str
    authority: str
    state: str
    deadline: Deadline | None = None
    report: LegalReport | None = None
    reported_by: str = ""
    form: list[FormField] = field(default_factory=list)
    files: list[FileRow] = field(default_factory=list)

    @property
    def owed(self) -> bool:
        return self.state in {"open", "missed"}

    @property
    def within(self) -> str:
        """ "within 24 h", "within 7 days"."""
        hours = self.clock.minutes / 60
        if hours > 48 and hours % 24 == 0:
            days = int(hours // 24)
            return ngettext("within %(count)s day", "within %(count)s days", days) % {"count": days}
        return _("within %(hours)s h") % {"hours": f"{hours:g}"}


def legal_duties(incident: Incident) -> list[Duty]:
    """All of them, what is owed first; the others in the order of the rules."""
    deadlines: dict[str, Deadline] = {}
    rows = Deadline.objects.filter(incident=incident, kind=DeadlineKind.LEGAL)
    for deadline in rows.exclude(state=DeadlineState.CANCELLED).order_by("id"):
        deadlines[deadline.subject.partition(":")[2]] = deadline
    reports = {report.code: report for report in LegalReport.objects.filter(incident=incident)}
    writers = names_in([[report.reported_by for report in reports.values()]])
    files: dict[str, list[FileRow]] = {}
    for row in listed(incident):
        files.setdefault(row.file.subject.removeprefix("legal:"), []).append(row)
    known = known_answers(incident)
    duties = [
        duty_of(
            clock,
            deadline=deadlines.get(clock.code),
            report=reports.get(clock.code),
            writers=writers,
            files=files.get(clock.code, []),
            known=known,
        )
        for clock in LegalClock.objects.order_by("order", "code")
    ]
    rank = {"missed": 0, "open": 0, "late": 1, "done": 1, "idle": 2}
    return sorted(duties, key=lambda duty: (rank[duty.state], duty.deadline.due_at.timestamp() if duty.deadline else 0))


def duty_of(
    clock: LegalClock,
    *,
    deadline: Deadline | None,
    report: LegalReport | None,
    writers: dict[str, str],
    files: list[FileRow],
    known: dict[str, str],
) -> Duty:
    state = "idle"
    if deadline is not None:
        late = deadline.state == DeadlineState.MISSED
        state = ("late" if late else "done") if deadline.settled_at else ("missed" if late else "open")
    answers = report.answers if report else known
    return Duty(
        clock=clock,
        trigger=in_language(clock.trigger, clock.trigger_en),
        authority=in_language(clock.authority, clock.authority_en),
        state=state,
        deadline=deadline,
        report=report,
        reported_by=writers.get(report.reported_by, "") if report else "",
        form=[
            FormField(
                code=item["code"],
                label=in_language(item["name"], item.get("name_en", "")),
                required=bool(item.get("required")),
                value=str(answers.get(item["code"], "")),
            )
            for item in clock.form
        ],
        files=files,
    )


def known_answers(incident: Incident) -> dict[str, str]:
    """What the incident itself says, by the codes that forms use."""
    figures = {**incident.measured, **incident.indicators}

    def figure(*codes: str) -> str:
        found = [figures[code] for code in codes if figures.get(code) is not None]
        return f"{float(found[0]):g}" if found else ""

    happened = f"{timezone.localtime(incident.occurred_at):%Y-%m-%d %H:%M}"
    area = in_a_row(scope_names(incident.scope))
    place = incident.site or area
    injuries = figure("serious_injuries")
    counted = [
        (_("deaths"), figure("deaths")),
        (_("serious injuries"), injuries),
        (_("in hospital"), figure("hospitalised")),
    ]
    casualties = [f"{name} {value}" for name, value in counted if value]
    done = incident.measures.filter(settled_at__isnull=False, state="done").order_by(F("settled_at"))[:12]
    taken = "；".join(row.label for row in done)
    found = {
        "when_where": " ".join(filter(None, [happened, place])),
        "since": happened,
        "occurred_at": happened,
        "place": place,
        "extent": area,
        "event": incident.title,
        "course": said(incident),
        "cause": incident.title,
        "casualties": in_a_row(casualties),
        "people": figure("infections", "infections_suspected"),
        "loss": figure("loss"),
        "parcels": figure("order_count"),
        "measures": taken,
        "remedies": taken,
        "until": f"{timezone.localtime(incident.expected_end_at):%Y-%m-%d %H:%M}" if incident.expected_end_at else "",
    }
    return {code: value for code, value in found.items() if value}


def said(incident: Incident) -> str:
    return f"{incident.title}。{incident.description}" if incident.description else incident.title

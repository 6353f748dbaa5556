"""What was done and decided, what is still to do, and the log."""

from __future__ import annotations

from django.utils.translation import gettext as _

from incidents.models import Decision, Incident, Measure, ReadinessCheck
from incidents.pack.blocks import Block, Sheet, facts, table
from incidents.pack.moments import brief, full, minute
from incidents.queries import Room
from incidents.queries.changes import QUIET
from incidents.queries.rows import post_label
from journal.kinds import describe, names_in
from journal.queries import timeline

MOST_ACTIONS, MOST_DECISIONS, MOST_ENTRIES = 25, 20, 400
LINES_LEFT = 14


def next_step_line(room: Room) -> Block:
    return facts([(_("Next step"), room.next_step.label if room.next_step else "")])


def taken(incident: Incident) -> Block:
    """Measures that are done, in the order in which they were."""
    done = incident.measures.filter(state=Measure.State.DONE).order_by("-settled_at")[:MOST_ACTIONS]
    rows = list(done)[::-1]
    names = names_in([[row.settled_by for row in rows]])
    lines: list[list[object]] = [
        [brief(row.settled_at), row.label, names.get(row.settled_by, _("System")), row.note] for row in rows
    ]
    return table(_("Actions taken"), [_("Time"), _("Measure"), _("Who"), _("Note")], [1.6, 3, 1.3, 3], lines)


def decisions(incident: Incident) -> Block:
    found = incident.decisions.filter(kind__in=[Decision.Kind.DECISION, Decision.Kind.REPORT])
    rows = list(found.order_by("-made_at")[:MOST_DECISIONS])[::-1]
    names = names_in([[row.made_by for row in rows]])
    lines: list[list[object]] = [
        [brief(row.occurred_at or row.made_at), row.text, row.reason, names.get(row.made_by, "")] for row in rows
    ]
    return table(
        _("Decisions and reports"),
        [_("Time"), _("What was decided or reported"), _("Why"), _("Who")],
        [1.6, 3.6, 2.6, 1.2],
        lines,
    )


def open_checklist(incident: Incident, room: Room) -> Sheet:
    """Everything still open, to be ticked by hand with its time and name."""
    open_rows = [row.measure for group in room.groups for row in group.measures if not row.measure.settled]
    begun = sorted(
        (m for m in open_rows if m.due_at is not None), key=lambda m: (m.due_at.timestamp() if m.due_at else 0, m.pk)
    )
    later = [m for m in open_rows if m.due_at is None]
    head = [_("Measure"), _("Post"), _("Due"), _("Done at"), _("Who"), _("Note")]
    widths = [4.2, 1.8, 1.5, 1.3, 1.3, 2]
    ready_head = [_("Line of the checklist"), _("Done at"), _("Who")]
    blocks = [
        table(_("Measures to do"), head, widths, [line(m) for m in begun], ticks=True, blank=4),
        table(_("Readiness checklist"), ready_head, [6, 1.5, 1.5], checks(incident), ticks=True),
        table(_("Later phases"), head, widths, [line(m) for m in later], ticks=True),
    ]
    return Sheet("ICS 204", _("Open checklists"), [block for block in blocks if block.rows])


def line(measure: Measure) -> list[object]:
    name = measure.label + (f" ({measure.round})" if measure.round > 1 else "")
    words = f"{name}\n{measure.instructions}" if measure.instructions else name
    return [words, post_label(measure.post), minute(measure.due_at) or measure.get_phase_display(), "", "", ""]  # type: ignore[attr-defined]


def checks(incident: Incident) -> list[list[object]]:
    rows = ReadinessCheck.objects.filter(command_post__incident=incident, done_at=None).order_by("order", "id")
    return [[row.label, "", ""] for row in rows]


def activity_log(incident: Incident) -> Sheet:
    """ICS 214: what happened, oldest first, and lines to go on by hand."""
    found = timeline(incident.reference).exclude(kind__in=QUIET)
    newest = list(found[: MOST_ENTRIES + 1])
    cut = len(newest) > MOST_ENTRIES
    rows: list[list[object]] = [
        [
            full(row["entry"].occurred_at) + (" *" if row["entry"].backfilled else ""),
            row["actor"],
            row["text"],
        ]
        for row in describe(newest[:MOST_ENTRIES][::-1])
    ]
    title = _("* entered later")
    if cut:
        title += " · " + _("the newest %(count)s entries; the earlier ones are in the system") % {"count": MOST_ENTRIES}
    head = [_("Time"), _("Who"), _("What happened")]
    return Sheet("ICS 214", _("Activity log"), [table(title, head, [2, 1.4, 6], rows, blank=LINES_LEFT)])

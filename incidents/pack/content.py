"""What the pack says about an incident now, in the active language and zone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.naming import in_a_row, in_language
from incidents.models import Incident, Level
from incidents.pack import actions, forms, people
from incidents.pack.blocks import Block, Sheet, facts, table, text
from incidents.pack.moments import full, span
from incidents.queries import Room, incident_room, pages
from incidents.queries.family import announcements
from journal import clock


@dataclass(frozen=True)
class Pack:
    """`personal` packs hold telephone numbers. `drill` is the mark that every page of an exercise bears."""

    number: str
    title: str
    level: str
    level_number: int
    drill: str
    as_of: str
    language: str
    personal: bool
    sheets: list[Sheet] = field(default_factory=list)

    def plain(self) -> dict[str, Any]:
        """As JSON knows it, with the words of the pages' frame."""
        return {
            **{name: getattr(self, name) for name in ("number", "title", "level", "level_number", "drill", "as_of")},
            "language": self.language,
            "sheets": [sheet.plain() for sheet in self.sheets],
            "words": {
                "pack": _("Situation pack"),
                "as_of": _("as of"),
                "page": _("Page"),
                "of": _("of"),
                "personal": _("Holds personal data: destroy it when the incident is over") if self.personal else "",
                "contents": _("Contents"),
            },
        }


def pack_of(incident: Incident, *, personal: bool) -> Pack:
    """Gather it. `personal`: with the call tree and its numbers, for those who command."""
    room, now = incident_room(incident), clock.now()
    level = incident.response_level or incident.grade
    sheets = [
        briefing(incident, room, now),
        people.organisation(room),
        figures(incident, room, now),
        people.check_in(incident),
        actions.open_checklist(incident, room),
        *forms.legal_forms(incident),
        *([people.call_tree(incident, room)] if personal else []),
        actions.activity_log(incident),
    ]
    return Pack(
        number=incident.number,
        title=incident.title,
        level=f"{Level(level).label} {room.level_name}".strip() if level else "",
        level_number=level or 0,
        drill="【演练】" if incident.exercise and not english() else "[DRILL]" if incident.exercise else "",
        as_of=full(now),
        language="en" if english() else "zh",
        personal=personal,
        sheets=sheets,
    )


def english() -> bool:
    return (get_language() or "").startswith("en")


def briefing(incident: Incident, room: Room, now: datetime) -> Sheet:
    """ICS 201: the situation, what is wanted, what was done, and with what."""
    frozen = incident.plan_snapshot
    started = incident.declared_at or incident.reported_at
    lasted = incident.times.between(started, incident.closed_at or now)
    provisional = _("provisional, to be confirmed")
    numeral = incident.response_level or incident.grade
    level = f"{Level(numeral).label} {room.level_name}".strip() if numeral else ""
    official = str(incident.get_official_class_display()) if incident.official_class else ""  # type: ignore[attr-defined]
    known = facts(
        [
            (_("Category"), incident.get_category_display()),  # type: ignore[attr-defined]
            (_("State"), incident.get_state_display()),  # type: ignore[attr-defined]
            (_("Level"), f"{level} ({provisional})" if incident.provisional else level),
            (_("Grade"), room.grade_sentence),
            (_("Class given by the authorities"), official),
            (_("Happened"), full(incident.occurred_at)),
            (_("Reported"), full(incident.reported_at)),
            (_("Response declared"), full(incident.declared_at)),
            (_("Lasted"), span(lasted)),
            (_("Where people go"), incident.site),
            (_("Part of the network"), in_a_row(pages.scope_names(incident.scope))),
            (_("Commander"), room.commander),
            (_("Expected end"), full(incident.expected_end_at)),
            (_("Plan"), plan_name(incident)),
        ]
    )
    blocks = [known]
    if incident.description:
        blocks.append(text(_("Situation"), incident.description))
    objectives = in_language(frozen.get("objectives", ""), frozen.get("objectives_en", ""))
    if objectives:
        blocks.append(text(_("Objectives"), objectives))
    blocks += [
        facts([(name, words) for _code, name, words in notice.rows], notice.title)
        for notice in announcements(incident)[:1]
    ]
    blocks += [actions.next_step_line(room), actions.taken(incident), actions.decisions(incident), supplies(incident)]
    return Sheet("ICS 201", _("Incident briefing"), [block for block in blocks if block.rows or block.text])


def plan_name(incident: Incident) -> str:
    frozen = incident.plan_snapshot
    if not frozen:
        return _("general minimum") if incident.generic_plan else ""
    return f"{in_language(frozen.get('name', ''), frozen.get('name_en', ''))} v{frozen.get('version', '')}"


def supplies(incident: Incident) -> Block:
    """What was issued to the incident, and what is short."""
    from dispatch.models import Warehouse
    from inventory.queries import supplies_of

    lines = supplies_of(incident.reference)
    houses = Warehouse.objects.in_bulk([line.warehouse for line in lines])
    rows: list[list[object]] = [
        [
            line.item.label,
            houses[line.warehouse].label if line.warehouse in houses else line.warehouse,
            f"{line.asked.normalize():f}",
            f"{line.issued.normalize():f}",
            f"{line.missing.normalize():f}" if line.missing else "",
        ]
        for line in lines
    ]
    head = [_("Item"), _("Warehouse"), _("Asked"), _("Issued"), _("Short")]
    return table(_("Supplies"), head, [3, 3, 1, 1, 1], rows)


def figures(incident: Incident, room: Room, now: datetime) -> Sheet:
    """ICS 209: the figures by which the state is judged."""
    blocks = [forms.indicators(incident), forms.orders(incident), forms.notices(incident)]
    begun = [row.measure for group in room.groups for row in group.begun]
    late = [m for m in begun if not m.settled and m.due_at and m.due_at <= now]
    blocks.append(
        facts(
            [
                (_("Measures done"), f"{sum(m.settled for m in begun)} / {len(begun)}"),
                (_("Measures overdue"), len(late)),
                (_("Called"), len({call.user_id for call in room.call_outs})),
                (_("On post"), len({call.user_id for call in room.call_outs if call.state == "on_post"})),
            ],
            _("Work and people"),
        )
    )
    running = [
        [row.label, full(row.due_at), _("past its time") if row.overdue else ""]
        for row in room.deadlines
        if row.settled_at is None and row.state in {"open", "missed"}
    ]
    blocks.append(table(_("Running limits"), [_("Limit"), _("Due time"), ""], [5, 2.4, 1.2], running))
    return Sheet("ICS 209", _("Status summary"), [block for block in blocks if block.rows])

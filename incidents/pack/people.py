"""Who commands, who was called and came, and how to reach everybody."""

from __future__ import annotations

from collections import defaultdict

from django.utils.translation import gettext as _

from accounts.models import Channel, ContactPoint
from accounts.naming import in_a_row, in_language
from incidents.models import Attendance, CallOut, Incident
from incidents.pack.blocks import Sheet, table
from incidents.pack.moments import brief
from incidents.queries import Room
from incidents.queries.rows import post_label
from journal.kinds import names_in


def organisation(room: Room) -> Sheet:
    """ICS 203: every post, who holds it and who else was called."""
    rows: list[list[object]] = []
    for row in room.seats:
        others = [call.user.label for call in row.call_outs if call.user.label != row.holder]
        name = row.holder or (_("falls to the commander") if row.seat.vacant else "")
        shift = str(row.seat.shift) if row.seat.shift > 1 else ""
        required = _("must be manned") if row.seat.required else ""
        rows.append([row.label, shift, name, brief(row.seat.arrived_at), required, in_a_row(others)])
    head = [_("Post"), _("Shift"), _("Name"), _("On post since"), "", _("Also called")]
    return Sheet("ICS 203", _("Organisation"), [table("", head, [2.4, 0.8, 1.8, 1.9, 1, 2.4], rows)])


def check_in(incident: Incident) -> Sheet:
    """ICS 211: calls with their times, the sign-in board, and lines to sign in by hand."""
    calls = CallOut.objects.filter(incident=incident).select_related("user", "seat").order_by("seat_id", "rank", "id")
    called: list[list[object]] = [
        [
            post_label(call.seat.post),
            call.user.label,
            brief(call.called_at),
            brief(call.acknowledged_at),
            brief(call.due_at),
            brief(call.arrived_at),
            call.get_state_display(),  # type: ignore[attr-defined]
        ]
        for call in calls
    ]
    lines = Attendance.objects.filter(seat__command_post__incident=incident).select_related("seat", "user")
    rows = list(lines.order_by("arrived_at", "id"))
    names = names_in([[line.witness for line in rows]])
    present: list[list[object]] = [
        [
            post_label(line.seat.post),
            line.user.label,
            brief(line.arrived_at),
            brief(line.left_at),
            " ".join(filter(None, [str(line.get_proof_display()), names.get(line.witness, "")])),  # type: ignore[attr-defined]
            "",
        ]
        for line in rows
    ]
    call_head = [_("Post"), _("Name"), _("Called"), _("Answered"), _("Due time"), _("On post"), _("State")]
    board_head = [_("Post"), _("Name"), _("Arrived"), _("Left"), _("How we know"), _("Signature")]
    return Sheet(
        "ICS 211",
        _("Check-in list"),
        [
            table(_("Call-outs"), call_head, [2, 1.3, 1.5, 1.5, 1.5, 1.5, 1.3], called),
            table(_("Sign-in board"), board_head, [2, 1.5, 1.6, 1.6, 1.6, 1.6], present, blank=8),
        ],
    )


def call_tree(incident: Incident, room: Room) -> Sheet:
    """Who is called in which order, with telephone numbers; and the plan's contacts outside."""
    people: dict[int, str] = {}
    order: list[list[object]] = []
    for row in room.seats:
        for call in row.call_outs:
            people.setdefault(call.user_id, call.user.label)
    wanted = {user_id for call in room.call_outs for user_id in [call.user_id, *call.alternates]}
    numbers = telephone_numbers(wanted)
    not_yet = _("not called yet")
    names = names_in([[f"user:{user_id}" for user_id in wanted]])
    for row in room.seats:
        for call in row.call_outs:
            rank = _("alternate %(number)s") % {"number": call.rank} if call.rank else ""
            place = f"{row.label} ({rank})" if rank else row.label
            state = str(call.get_state_display())  # type: ignore[attr-defined]
            order.append([place, call.user.label, numbers.get(call.user_id, ""), state, "", ""])
        waiting = [user_id for call in row.call_outs for user_id in call.alternates if user_id not in people]
        for number, user_id in enumerate(dict.fromkeys(waiting), 1):
            place = f"{row.label} ({not_yet} {number})"
            order.append([place, names.get(f"user:{user_id}", ""), numbers.get(user_id, ""), "", "", ""])
    contacts: list[list[object]] = [
        [in_language(row.get("name", ""), row.get("name_en", "")), row.get("phone", ""), "", ""]
        for row in incident.plan_snapshot.get("contacts", [])
    ]
    head = [_("Post"), _("Name"), _("Telephone"), _("State"), _("Called at"), _("Answer")]
    blocks = [table(_("People called"), head, [2.4, 1.4, 2, 1.2, 1.2, 1.4], order)]
    if contacts:
        outside = [_("Who"), _("Telephone"), _("Called at"), _("Answer")]
        blocks.append(table(_("Contacts outside"), outside, [3, 2, 1.4, 2.4], contacts))
    return Sheet("ICS 205A", _("Call tree"), blocks)


def telephone_numbers(user_ids: set[int]) -> dict[int, str]:
    found: dict[int, list[str]] = defaultdict(list)
    points = ContactPoint.objects.filter(user_id__in=user_ids, channel__in=[Channel.SMS, Channel.VOICE])
    for point in points.order_by("rank", "id"):
        if point.address not in found[point.user_id]:
            found[point.user_id].append(point.address)
    return {user_id: " / ".join(numbers) for user_id, numbers in found.items()}

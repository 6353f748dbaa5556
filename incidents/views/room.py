"""The incident room: its shell and the panels that belong to command."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.http import StaffRequest, needs
from accounts.naming import in_a_row
from accounts.roles import Permission
from incidents.models import DeadlineKind, DeadlineState, Incident, Measure
from incidents.queries import NEEDED, DeadlineRow, MeasureRow, Room, Step, changes_since, files, log, pages
from incidents.queries import incident_room as room_of
from incidents.queries.rows import post_label
from incidents.queries.steps import NextStep
from incidents.views import banners
from incidents.views.log import last_seen
from journal import clock
from journal.fragments import fragment, shared
from journal.kinds import names_in

ON_THE_BAR = ("respond", "raise", "recover", "close")


@dataclass(frozen=True)
class Tab:
    key: str
    label: str
    icon: str
    url: str
    topics: str = ""
    hotkey: int = 0


def panel(name: str, *arguments: object) -> str:
    """The address of another room's panel; "" while no room offers it."""
    try:
        return reverse(name, args=arguments)
    except NoReverseMatch:
        return ""


def tabs(incident: Incident) -> list[Tab]:
    reference = incident.reference
    every = [
        Tab("posts", _("Command post and call-outs"), "users", reverse("incident_posts", args=[incident.pk])),
        Tab("legal", _("Duties by law"), "scale", reverse("incident_legal", args=[incident.pk])),
        Tab("orders", _("Orders and reroute"), "route", panel("dispatch_panel", reference)),
        Tab("notices", _("Customer notices"), "megaphone", panel("customers_panel", reference)),
        Tab("supplies", _("Supplies"), "warehouse", panel("inventory_panel", reference)),
        Tab("warnings", _("Warnings"), "cloud-lightning", panel("alerts_panel", reference), "alert:*"),
        Tab("figures", _("Figures"), "chart-line", panel("kpis_panel", reference)),
        Tab("plan", _("Plan and facts"), "file-text", reverse("incident_plan", args=[incident.pk])),
        Tab("files", _("Files"), "paperclip", reverse("incident_files", args=[incident.pk])),
    ]
    found = [tab for tab in every if tab.url]
    return [replace(tab, hotkey=place) for place, tab in enumerate(found, 1)]


def allowed_steps(room: Room, request: StaffRequest) -> list[Step]:
    return [step for step in room.steps if request.actor.may(NEEDED.get(step.action, Permission.COMMAND))]


def shared_room(request: StaffRequest, pk: int) -> Room:
    """The incident as several panels show it, read once for all of them and for all who look."""
    return shared(
        request, f"incident:{pk}", name="incident room", make=lambda: room_of(get_object_or_404(Incident, pk=pk))
    )


def head_context(room: Room, request: StaffRequest) -> dict[str, Any]:
    """What the head shows: the state, the one next step, the most urgent timers, what was missed."""
    incident = room.incident
    steps = allowed_steps(room, request)
    following = room.next_step
    primary = following.action if following else ""
    others = [step for step in steps if step.action != primary]
    missed = [row for row in room.deadlines if row.state == DeadlineState.MISSED and row.settled_at is None]
    return {
        "room": room,
        "level": incident.response_level or incident.grade,
        "rate": incident.times.factor_at(clock.now()),
        "shown_steps": [step for step in others if step.action in ON_THE_BAR],
        "more_steps": [step for step in others if step.action not in ON_THE_BAR],
        "next_step": primary_button(room, following, request) if following else None,
        "missed": sorted(missed, key=lambda row: row.due_at),
        "timers": room.card.deadlines if room.card else legal_timers(room),
        "banners": banners.of(incident, request.actor),
        **unfilled_posts(incident),
        "scope": in_a_row(pages.scope_names(incident.scope)),
        "running": incident.running,
    }


def unfilled_posts(incident: Incident) -> dict[str, Any]:
    """The posts with nobody on duty, the first of them in words."""
    labels = [post_label(post) for post in incident.unfilled_posts] if incident.running else []
    more = f" +{len(labels) - 3}" if len(labels) > 3 else ""
    return {"unfilled": in_a_row(labels), "unfilled_first": in_a_row(labels[:3]) + more if labels else ""}


def legal_timers(room: Room) -> list[DeadlineRow]:
    """What the law still wants when nothing else runs any more."""
    return [row for row in room.deadlines if row.kind == DeadlineKind.LEGAL and row.state == DeadlineState.OPEN][:3]


def primary_button(room: Room, step: NextStep, request: StaffRequest) -> dict[str, str]:
    """The one primary button: what it says, and whether it opens a sheet, acts at once, or leads to a tab."""
    incident, may = room.incident, request.actor.may
    button = {"label": step.label, "verb": _("Look"), "hint": "", "sheet": "", "post": "", "tab": ""}
    if step.action in {"approve_reroute", "launch_notice"}:
        reroute = step.action == "approve_reroute"
        return {**button, "tab": "orders" if reroute else "notices", "verb": _("Look and approve")}
    if step.measure_id and step.action in {"start", "retry", "complete"}:
        if not may(Permission.DO_MEASURE):
            return button
        address = reverse("measure_step", args=[step.measure_id, step.action])
        if step.action == "start":
            return {**button, "sheet": address, "verb": _("Look and approve")}
        if step.action == "retry":
            return {**button, "post": address, "verb": _("Try again")}
        return {**button, "sheet": address, "verb": _("Done")}
    if may(NEEDED.get(step.action, Permission.COMMAND)):
        verb = step.label
        if step.action == "raise":  # the label says why as well
            verb = _("Raise to level %(level)s") % {"level": pages.level_numeral(step.level)}
        return {**button, "sheet": reverse("incident_step", args=[incident.pk, step.action]), "verb": verb}
    return button


def measures_context(room: Room, request: StaffRequest) -> dict[str, Any]:
    show = request.GET.get("show", pages.ALL)
    return {
        "groups": pages.filtered(room.groups, show=show, room=room, by=request.actor),
        "anything": bool(room.groups),
        "times": room.incident.times,
        "still": room.incident.suspended_at,
        "running": room.incident.worked_on,
    }


def own_posts(request: StaffRequest, pk: int) -> tuple[str, ...]:
    """What of a reader the measures depend on: the posts that they hold or are called for."""
    return tuple(sorted(pages.own_posts(shared_room(request, pk), request.actor)))


@needs(Permission.VIEW)
@require_GET
def incident_room(request: StaffRequest, pk: int) -> HttpResponse:
    """The room of one incident. Its panels come by URL, each from the room whose data it shows."""
    room = room_of(get_object_or_404(Incident, pk=pk))
    incident = room.incident
    context = head_context(room, request) | measures_context(room, request)
    context |= {
        "tabs": tabs(incident),
        "filters": [
            (pages.ALL, _("All"), ""),
            (pages.MINE, _("Mine"), "m"),
            (pages.OVERDUE, _("Overdue"), "o"),
            (pages.AUTOMATIC, _("Automatic"), ""),
        ],
        "shows": [(log.WORK, _("Work")), (log.WORDS, _("Notes")), (log.EVERYTHING, _("Everything"))],
        "changes": changes_since(incident, request.actor),
        "seen": last_seen(incident, request),
    }
    return render(request, "incidents/room.html", context)


@needs(Permission.VIEW)
@require_GET
@fragment("incident:{pk}")
def incident_head(request: StaffRequest, pk: int) -> HttpResponse:
    """The bar, and with it, out of band, what stands under it."""
    context = head_context(shared_room(request, pk), request)
    return render(request, "incidents/head.html", {**context, "fetched": True})


@needs(Permission.VIEW)
@require_GET
@fragment("incident:{pk}", personal=own_posts)
def incident_measures(request: StaffRequest, pk: int) -> HttpResponse:
    return render(request, "incidents/measures.html", measures_context(shared_room(request, pk), request))


@login_required
@require_GET
def measure_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """One measure with its instructions, its times and its files, in the sheet."""
    request.actor.require(Permission.VIEW)
    measure = get_object_or_404(Measure.objects.select_related("incident"), pk=pk)
    incident = measure.incident
    context = {
        "measure": measure,
        "incident": incident,
        "row": MeasureRow.of(measure, incident.suspended_at or clock.now()),
        "files": files.listed(incident, f"measure:{measure.pk}"),
        "people": names_in([[measure.settled_by, measure.approved_by]]),
        "running": incident.worked_on,
    }
    context["settled_by"] = context["people"].get(measure.settled_by, "")
    context["approved_by"] = context["people"].get(measure.approved_by, "")
    return render(request, "incidents/measure_detail.html", context)

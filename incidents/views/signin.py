"""The sign-in board: on a wall or a desk, and in the incident room."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from incidents.models import Attendance, CallOut, Deadline, DeadlineKind, Incident
from incidents.queries.signin import sign_in_board
from journal.fragments import fragment


def board_context(incident: Incident, request: StaffRequest) -> dict[str, Any]:
    board = sign_in_board(incident)
    ready = Deadline.objects.filter(incident=incident, kind=DeadlineKind.READY).order_by("id").last()
    actor = request.actor
    return {
        "incident": incident,
        "board": board,
        "post": board.post,
        "checks": list(board.post.checks.all()) if board.post else [],
        "ready_deadline": ready,
        "running": incident.under_way,
        "logs": incident.under_way and actor.may(Permission.DO_MEASURE),
        "commands": incident.under_way and actor.may(Permission.COMMAND),
        "me": actor.user_id,
    }


def own_line(request: StaffRequest, pk: int) -> int | None:
    """Who stands on the board sees buttons of their own; for all others it is the same."""
    user_id = request.user.pk
    called = CallOut.objects.filter(incident_id=pk, user_id=user_id)
    there = Attendance.objects.filter(seat__command_post__incident_id=pk, user_id=user_id)
    return user_id if called.exists() or there.exists() else None


@needs(Permission.VIEW)
@require_GET
def incident_board(request: StaffRequest, pk: int) -> HttpResponse:
    """The board as a page of its own."""
    incident = get_object_or_404(Incident, pk=pk)
    context = board_context(incident, request)
    return render(request, "incidents/board.html", {**context, "level": incident.response_level or incident.grade})


@needs(Permission.VIEW)
@require_GET
@fragment("incident:{pk}", personal=own_line)
def incident_board_panel(request: StaffRequest, pk: int) -> HttpResponse:
    """What of the page changes."""
    return render(request, "incidents/signin.html", board_context(get_object_or_404(Incident, pk=pk), request))


@needs(Permission.VIEW)
@require_GET
@fragment("incident:{pk}", personal=own_line)
def incident_posts(request: StaffRequest, pk: int) -> HttpResponse:
    """The command post with its checklist, and the sign-in board, as a panel of the room."""
    return render(request, "incidents/posts.html", board_context(get_object_or_404(Incident, pk=pk), request))

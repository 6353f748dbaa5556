"""The sign-in board: on a wall or a desk, and in the incident room."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.http import StaffRequest
from accounts.roles import Permission
from incidents.models import Deadline, DeadlineKind, Incident
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


@login_required
@require_GET
def incident_board(request: StaffRequest, pk: int) -> HttpResponse:
    """The board as a page of its own."""
    incident = get_object_or_404(Incident, pk=pk)
    context = board_context(incident, request)
    return render(request, "incidents/board.html", {**context, "level": incident.response_level or incident.grade})


@login_required
@require_GET
@fragment("incident:{pk}")
def incident_board_panel(request: StaffRequest, pk: int) -> HttpResponse:
    """What of the page changes."""
    return render(request, "incidents/signin.html", board_context(get_object_or_404(Incident, pk=pk), request))


@login_required
@require_GET
def incident_posts(request: StaffRequest, pk: int) -> HttpResponse:
    """The command post with its checklist, and the sign-in board, as a panel of the room."""
    return render(request, "incidents/posts.html", board_context(get_object_or_404(Incident, pk=pk), request))

"""The sign-in board: on a wall or a desk, and in the incident room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from incidents.models import Deadline, DeadlineKind, Incident, ReadinessCheck
from incidents.queries.signin import SignIn, sign_in_board
from journal.fragments import fragment, shared

NO_PEOPLE = ("measure", "notice", "reroute", "dispatch")  # kinds of entries that tell nothing about who is where


@dataclass(frozen=True)
class Shown:
    """What the board and the panel of the post show, the same for everybody."""

    board: SignIn
    checks: list[ReadinessCheck]
    ready: Deadline | None


def shown(pk: int) -> Shown:
    board = sign_in_board(get_object_or_404(Incident, pk=pk))
    ready = Deadline.objects.filter(incident=pk, kind=DeadlineKind.READY).order_by("id").last()
    return Shown(board, list(board.post.checks.all()) if board.post else [], ready)


def shared_board(request: StaffRequest, pk: int) -> Shown:
    """Read once for all who look."""
    return shared(request, f"incident:{pk}", name="sign-in board", make=lambda: shown(pk), but=NO_PEOPLE)


def board_context(this: Shown, request: StaffRequest) -> dict[str, Any]:
    incident, actor = this.board.incident, request.actor
    return {
        "incident": incident,
        "board": this.board,
        "post": this.board.post,
        "checks": this.checks,
        "ready_deadline": this.ready,
        "running": incident.under_way,
        "logs": incident.under_way and actor.may(Permission.DO_MEASURE),
        "commands": incident.under_way and actor.may(Permission.COMMAND),
        "me": actor.user_id,
    }


def own_line(request: StaffRequest, pk: int) -> int | None:
    """Who stands on the board sees buttons of their own; for all others it is the same."""
    rows = [row for _section, rows in shared_board(request, pk).board.sections for row in rows]
    mine = any(person.user_id == request.actor.user_id for row in rows for person in row.people)
    return request.actor.user_id if mine else None


@needs(Permission.VIEW)
@require_GET
def incident_board(request: StaffRequest, pk: int) -> HttpResponse:
    """The board as a page of its own."""
    this = shown(pk)
    level = this.board.incident.response_level or this.board.incident.grade
    return render(request, "incidents/board.html", {**board_context(this, request), "level": level})


@needs(Permission.VIEW)
@require_GET
@fragment("incident:{pk}", personal=own_line, but=NO_PEOPLE)
def incident_board_panel(request: StaffRequest, pk: int) -> HttpResponse:
    """What of the page changes."""
    return render(request, "incidents/signin.html", board_context(shared_board(request, pk), request))


@needs(Permission.VIEW)
@require_GET
@fragment("incident:{pk}", personal=own_line, but=NO_PEOPLE)
def incident_posts(request: StaffRequest, pk: int) -> HttpResponse:
    """The command post with its checklist, and the sign-in board, as a panel of the room."""
    return render(request, "incidents/posts.html", board_context(shared_board(request, pk), request))

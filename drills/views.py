"""Pages and fragments of drills."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import StaffRequest
from accounts.roles import Permission
from drills import operations, queries, sample_lekima, wording
from drills.forms import StartForm
from drills.models import Exercise, MoveState
from journal.refusal import Invalid


class BadChoice(Invalid):
    """The form was not filled in so that an exercise could start."""


def shown(exercise: Exercise | None) -> dict[str, object]:
    return {"exercise": exercise, "pace": queries.pace(exercise) if exercise else None, "words": wording.ACTIONS}


@login_required
@require_GET
def drills_start_card(request: StaffRequest) -> HttpResponse:
    """The board's card: starts the sample exercise with one click, or shows the one that runs."""
    request.actor.require(Permission.VIEW)
    return render(request, "drills/start_card.html", shown(queries.running_exercise()))


@login_required
@require_POST
def drills_start(request: StaffRequest) -> HttpResponse:
    """Start a prepared exercise (`script`) or one of a plan (`plan`, `factor`), and show it."""
    form = StartForm({"factor": sample_lekima.FACTOR, **request.POST.dict()})
    if not form.is_valid():
        raise BadChoice(" ".join(f"{' '.join(map(str, errors))}" for errors in form.errors.values()))
    plan = form.cleaned_data["plan"]
    exercise = operations.start_drill(
        by=request.actor,
        plan_id=plan.pk if plan else None,
        script=form.cleaned_data["script"],
        factor=form.cleaned_data["factor"],
    )
    if request.htmx and request.htmx.target == "drill-card":
        return render(request, "drills/start_card.html", shown(exercise))
    return go_to(request, reverse("drill_detail", args=[exercise.pk]))


@login_required
@require_POST
def drills_abort(request: StaffRequest, pk: int) -> HttpResponse:
    """Call an exercise off."""
    get_object_or_404(Exercise, pk=pk)
    operations.abort_drill(exercise_id=pk, by=request.actor, reason=request.POST.get("reason", ""))
    return go_to(request, reverse("drill_detail", args=[pk]))


def go_to(request: StaffRequest, address: str) -> HttpResponse:
    if request.htmx:
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return redirect(address)


@login_required
@require_GET
def drill_list(request: StaffRequest) -> HttpResponse:
    """All exercises with their scores, and the form to start one."""
    request.actor.require(Permission.VIEW)
    rows = [
        {"exercise": row, "pace": queries.pace(row), "grade": wording.GRADES.get(row.grade, "")}
        for row in queries.exercises()[:60]
    ]
    return render(
        request, "drills/list.html", {"rows": rows, "form": StartForm(), "running": queries.running_exercise()}
    )


@login_required
@require_GET
def drill_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """One exercise: live while it runs, with score and figures after it."""
    request.actor.require(Permission.VIEW)
    exercise = get_object_or_404(Exercise.objects.select_related("incident", "plan"), pk=pk)
    return render(request, "drills/detail.html", {**shown(exercise), "room": address_of_room(exercise)})


@login_required
@require_GET
def drill_progress(request: StaffRequest, pk: int) -> HttpResponse:
    """The fragment that shows how an exercise goes: time, moves, and the score once there is one."""
    request.actor.require(Permission.VIEW)
    exercise = get_object_or_404(Exercise.objects.select_related("incident", "plan"), pk=pk)
    running = exercise.state == Exercise.State.RUNNING
    rows = queries.recent_moves(exercise) if running else queries.move_rows(exercise)
    items = [{**item, "label": wording.ITEMS.get(item["code"], item["code"])} for item in exercise.checklist]
    context = {
        **shown(exercise),
        "room": address_of_room(exercise),
        "running": running,
        "rows": [{"row": row, "label": wording.ACTIONS.get(row.move.action, row.move.action)} for row in rows],
        "waiting": exercise.moves.filter(state=MoveState.WAITING).count(),
        "failed": exercise.moves.filter(state=MoveState.FAILED).count(),
        "items": items,
        "grade": wording.GRADES.get(exercise.grade, ""),
        "passed": exercise.grade not in {"", "poor"},
        "title": _("Moves so far") if running else _("All moves"),
    }
    return render(request, "drills/progress.html", context)


def address_of_room(exercise: Exercise) -> str:
    if exercise.incident_id is None:
        return ""
    try:
        return reverse("incident_room", args=[exercise.incident_id])
    except NoReverseMatch:
        return ""

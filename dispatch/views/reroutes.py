"""Rerouting in the browser: the incident room's panel, and a page per run."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import StaffRequest
from accounts.roles import Permission
from accounts.views.answers import gone_to
from dispatch import operations, queries
from dispatch.authority import beyond_words, decider_of, own_rung
from dispatch.models import AffectedSet, Outcome, RerouteRun, RunKind, RunState, WaveState
from dispatch.operations.steps import terms_of
from dispatch.queries import explanations, proposals
from dispatch.queries.detours import detour_counts, detour_rows, explain_detour
from dispatch.queries.standby import forgotten, left_out, planned_openings
from dispatch.scope import Scope
from dispatch.views.reroute_parts import UNDECIDED, desk, expected
from journal.kinds import names_in
from journal.refusal import Refusal

LANES_SHOWN = 20
UNSERVED_SHOWN = 20

STEPS = [RunState.SOLVING, RunState.PROPOSED, RunState.APPLYING, RunState.APPLIED]


def figures(run: RerouteRun, request: StaffRequest) -> dict[str, Any]:
    """What panel and page show of a run, and which buttons it has for this person."""
    waves = list(run.waves.all())
    done = sum(wave.state == WaveState.APPLIED for wave in waves)
    decides = request.actor.may(Permission.APPROVE_REROUTE)
    excess = own_rung(run).excess(run) if run.state == RunState.PROPOSED else []
    working = run.state in (RunState.APPROVED, RunState.APPLYING)
    return {
        "run": run,
        "waves": waves,
        "waves_done": done,
        "waves_left": len(waves) - done,
        "reasons": proposals.reasons(run),
        "skips": proposals.skipped(run) if run.skipped else [],
        "solved": run.solved_at is not None,
        "proven": run.gap == 0,
        "applied_share": 100 * run.applied / run.assigned if run.assigned else 0,
        "assigned_share": run.assigned / run.orders if run.orders else None,
        "may_approve": decides and run.state == RunState.PROPOSED and run.assigned + run.to_detour > 0,
        "excess": beyond_words(run, run) if excess else "",
        "may_accept": not excess or request.actor.may(Permission.LOWER_LEVEL),
        "decider": decider_of(run, run) if excess else "",
        "asked": names_in([run.asked_of]).get(run.asked_of, ""),
        "may_end_openings": decides,
        "may_reject": decides and run.state in UNDECIDED,
        "may_roll_back": decides and (working or (run.state == RunState.APPLIED and run.applied + run.to_detour > 0)),
        "may_ask_again": decides
        and run.kind == RunKind.REROUTE
        and (run.state in (RunState.APPLIED, RunState.REJECTED, RunState.FAILED, RunState.ROLLED_BACK)),
        "cost_difference": run.compared_after - run.cost_before
        if run.cost_before is not None and run.compared_after is not None
        else None,
        "topic": f"reroute:{run.pk}",
        "title": title_of(run),
        "children": run.children.all() if run.state == RunState.SUPERSEDED else [],
        "way_back": way_back(run),
        "told_anew": told_anew(run),
        "in_all": run.assigned + run.to_detour,
        "openings": planned_openings(run),
        "still_open": forgotten(run.reference, run.exercise),
        "left_out": left_out(run) if run.state in UNDECIDED else 0,
    }


def title_of(run: RerouteRun) -> str:
    texts = {
        RunKind.REROUTE: _("Reroute %(number)s"),
        RunKind.RETURN: _("Return %(number)s"),
        RunKind.DETOUR: _("New advice %(number)s"),
    }
    return texts[RunKind(run.kind)] % {"number": run.pk}


def way_back(run: RerouteRun) -> RerouteRun | None:
    """The proposal to bring the run's orders back, as long as it waits for a decision."""
    if run.kind != RunKind.REROUTE or not run.applied:
        return None
    found = queries.newest_return(run.reference)
    return found if found is not None and found.state in UNDECIDED else None


def told_anew(run: RerouteRun) -> RerouteRun | None:
    """New advice for the run's orders on the way, as long as it waits for a decision."""
    if run.kind != RunKind.REROUTE:
        return None
    found = queries.newest_advice(run.reference)
    return found if found is not None and found.state in UNDECIDED else None


@login_required
@require_GET
def panel(request: StaffRequest, reference: str) -> HttpResponse:
    """A matter's newest reroute as a fragment."""
    request.actor.require(Permission.VIEW)
    frozen = AffectedSet.objects.filter(reference=reference).order_by("-version").first()
    run = queries.newest_run(reference)
    context: dict[str, Any] = {"reference": reference, "frozen": frozen, "run": run}
    if run is not None:
        context |= figures(run, request)
    elif frozen is not None:
        context["may_ask"] = request.actor.may(Permission.APPROVE_REROUTE) and frozen.orders > 0
    return render(request, "dispatch/reroute_panel.html", context)


@login_required
@require_GET
def run_list(request: StaffRequest) -> HttpResponse:
    """All reroutes, the newest first."""
    request.actor.require(Permission.VIEW)
    page = Paginator(RerouteRun.objects.select_related("affected_set"), 50).get_page(request.GET.get("page"))
    return render(request, "dispatch/reroute_list.html", {"page": page})


@login_required
@require_GET
def run_page(request: StaffRequest, pk: int) -> HttpResponse:
    """One run in full; `?all=1` lists every lane."""
    request.actor.require(Permission.VIEW)
    run = get_object_or_404(RerouteRun, pk=pk)
    everything = request.GET.get("all") == "1"
    lanes = proposals.lane_loads(run, None if everything else LANES_SHOWN + 1)
    reason = request.GET.get("reason", "")
    if reason not in {outcome.name.lower() for outcome in Outcome if outcome}:
        reason = ""
    unserved = proposals.unserved(run, reason=reason, limit=UNSERVED_SHOWN + 1)
    context = figures(run, request) | desk(run, request)
    context |= {
        "warehouses": proposals.warehouse_loads(run),
        "lanes": lanes if everything else lanes[:LANES_SHOWN],
        "more_lanes": not everything and len(lanes) > LANES_SHOWN,
        "unserved": unserved[:UNSERVED_SHOWN],
        "more_unserved": len(unserved) > UNSERVED_SHOWN,
        "reason": reason,
        "detour_counts": detour_counts(run),
        "detours": detour_rows(run, limit=UNSERVED_SHOWN + 1),
        "detours_shown": UNSERVED_SHOWN,
    }
    return render(request, "dispatch/reroute_page.html", context)


@login_required
@require_GET
def run_summary(request: StaffRequest, pk: int) -> HttpResponse:
    """The live part of a run's page."""
    request.actor.require(Permission.VIEW)
    run = get_object_or_404(RerouteRun, pk=pk)
    if reread(request, run):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "dispatch/reroute_summary.html", figures(run, request))


def reread(request: StaffRequest, run: RerouteRun) -> bool:
    """Whether the page shows so much of another proposal that it should be fetched anew: it was not solved yet, or
    somebody chose another option."""
    solved, version = request.GET.get("solved"), request.GET.get("version", "")
    if solved == "0":
        return run.solved_at is not None
    return solved == "1" and run.state == RunState.PROPOSED and version != str(run.version)


@login_required
@require_GET
def explain(request: StaffRequest, pk: int) -> HttpResponse:
    """Why one order goes where the run sends it."""
    request.actor.require(Permission.VIEW)
    run = get_object_or_404(RerouteRun, pk=pk)
    number = request.GET.get("order", "").replace("\x00", "").strip()[:64]
    context: dict[str, Any] = {"run": run, "number": number}
    if number:
        try:
            context["detour"] = explain_detour(run, number)
            context["explanation"] = None if context["detour"] else explanations.explain_order(run, number)
        except Refusal as refusal:
            context["refusal"] = str(refusal)
    return render(request, "dispatch/explanation.html", context)


def answer(request: StaffRequest, run: RerouteRun) -> HttpResponse:
    """The changed fragment to htmx, the page to everybody else."""
    if not request.htmx:
        return redirect("reroute", pk=run.pk)
    if request.POST.get("view") == "panel":
        context = figures(run, request) | {"reference": run.reference, "frozen": run.affected_set}
        return render(request, "dispatch/reroute_panel.html", context)
    return render(request, "dispatch/reroute_summary.html", figures(run, request))


@login_required
@require_POST
def approve(request: StaffRequest, pk: int) -> HttpResponse:
    run = operations.approve_run(
        run_id=pk,
        by=request.actor,
        over_cap=request.POST.get("over_cap") == "1",
        expected_version=expected(request),
    )
    return answer(request, run)


@login_required
@require_POST
def ask_approval(request: StaffRequest, pk: int) -> HttpResponse:
    """Send the proposal to whoever may decide it."""
    run = operations.ask_approval(run_id=pk, by=request.actor, expected_version=expected(request))
    return answer(request, run)


@login_required
@require_POST
def reject(request: StaffRequest, pk: int) -> HttpResponse:
    return answer(request, operations.reject_run(run_id=pk, by=request.actor))


@login_required
@require_POST
def ask(request: StaffRequest, reference: str) -> HttpResponse:
    """Ask for a reroute of the newest frozen set; with `again=1` of a set frozen afresh, which picks up whatever the
    last run could not move. The terms are those of the last run."""
    request.actor.require(Permission.APPROVE_REROUTE)
    frozen = AffectedSet.objects.filter(reference=reference).order_by("-version").first()
    if frozen is None:
        raise operations.UnknownAffectedSet(_("No affected orders are frozen for this matter yet."))
    if request.POST.get("again") == "1":
        frozen = operations.freeze_affected(
            reference=reference,
            scope=Scope.from_json(frozen.scope),
            by=request.actor,
            exercise=frozen.exercise,
            refresh=True,
        )
    last = queries.newest_run(reference)
    run = operations.request_reroute(
        reference=reference,
        affected_set_id=frozen.pk,
        by=request.actor,
        exercise=frozen.exercise,
        **(terms_of(last) if last else {}),
    )
    if request.htmx and request.POST.get("view") != "panel":
        return gone_to(reverse("reroute", args=[run.pk]))
    return answer(request, run)

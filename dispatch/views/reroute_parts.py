"""The parts of a run's page: options, pictures, wishes, the change against the last proposal, waves."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, HttpResponseNotModified, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from accounts.http import StaffRequest
from accounts.roles import Permission
from accounts.views.answers import gone_to
from dispatch import operations
from dispatch.authority import beyond_words
from dispatch.models import WAVES_AHEAD, Goal, RerouteOption, RerouteRun, RunState, Standby, WaveState
from dispatch.operations.options import goals_of
from dispatch.operations.wishes import BadWishes
from dispatch.queries import comparison, flows, ways
from dispatch.queries.reroutes import last_proposal
from journal.numbers import whole
from journal.refusal import AlreadyDone

UNDECIDED = (RunState.QUEUED, RunState.SOLVING, RunState.PROPOSED)
DAYS = range(1, 8)
PRICES = ("late_cost", "risk_cost", "carbon_cost")
MOST_YUAN = 1_000_000
CHANGES_SHOWN = 5
VERBS = {"pin": gettext_lazy("Pinned"), "cap": gettext_lazy("At most"), "forbid": gettext_lazy("Forbidden")}
STEPS = {
    "approve": operations.approve_wave,
    "pause": operations.pause_wave,
    "resume": operations.resume_wave,
    "drop": operations.drop_wave,
}
RUN_STEPS = {"pause": operations.pause_run, "resume": operations.resume_run}


def read_run(request: StaffRequest, pk: int) -> RerouteRun:
    request.actor.require(Permission.VIEW)
    return get_object_or_404(RerouteRun.objects.select_related("affected_set"), pk=pk)


def expected(request: StaffRequest) -> int | None:
    """The version that the page showed."""
    return whole(request.POST.get("version", ""), digits=9)


def option_cards(run: RerouteRun, *, may_decide: bool) -> list[dict[str, Any]]:
    """One card per goal, solved or not yet."""
    known = {option.goal: option for option in run.options.defer("plan", "prices", "offered")}
    cards = []
    for goal in [goal for goal in Goal.values if goal in goals_of(run)]:
        chosen = goal == run.goal
        source: RerouteRun | RerouteOption | None = run if chosen else known.get(goal)
        card: dict[str, Any] = {
            "goal": goal,
            "name": _("Return") if run.kind == "return" else Goal(goal).label,
            "chosen": chosen,
            "ready": source is not None,
        }
        if source is not None:
            if isinstance(source, RerouteOption):
                source.run = run
            card |= {
                "cost_change": source.cost_change,
                "cost_after": source.cost_after or Decimal(0),
                "over_cap": source.over_cap,
                "excess": beyond_words(run, source),
                "on_time": source.on_time_after,
                "unroutable": source.unroutable,
                "moved": source.moved,
                "opens": len(source.opens),
                "proven": source.gap == 0,
                "gap_words": words_of_gap(source.gap or 0.0),
                "could_serve": source.could_serve,
                "may_choose": may_decide and not chosen and run.state == RunState.PROPOSED,
            }
        if source is not None or run.state == RunState.PROPOSED:
            cards.append(card)
    return cards


def words_of_gap(gap: float) -> str:
    """0.00053 → "0.06%": rounded up, since it is a promise."""
    percent = gap * 100
    for step in (0.01, 0.1, 1.0):
        if percent <= 10 * step or step == 1.0:
            return f"{-(-percent // step) * step:.{2 if step == 0.01 else 1 if step == 0.1 else 0}f}%"
    return ""


def desk(run: RerouteRun, request: StaffRequest) -> dict[str, Any]:
    """What the page's parts need besides the run's figures."""
    may_decide = request.actor.may(Permission.APPROVE_REROUTE)
    waves = list(run.waves.all())
    return {
        "may_decide": may_decide,
        "may_polish": may_decide and run.may_be_polished,
        "may_adjust": may_decide and run.state in (*UNDECIDED, RunState.SUPERSEDED, RunState.REJECTED, RunState.FAILED),
        "decided": run.state in (RunState.APPROVED, RunState.APPLYING, RunState.APPLIED, RunState.ROLLED_BACK),
        "working": run.state in (RunState.APPROVED, RunState.APPLYING),
        "waves": waves,
        "waiting": any(wave.state == WaveState.WAITING for wave in waves),
        "paused": any(wave.state == WaveState.PAUSED for wave in waves),
        "ahead": any(wave.state in WAVES_AHEAD for wave in waves),
        "options": option_cards(run, may_decide=may_decide),
        "wishes": [{**asdict(wish), "verb_name": VERBS[wish.verb]} for wish in ways.wishes_of(run)],
        "day_choices": DAYS,
        "standby_choices": Standby.choices,
        "prices": [
            ("late_cost", _("A begun day late, ¥"), run.late_cost),
            ("risk_cost", _("An order that its lane fails, ¥"), run.risk_cost),
            ("carbon_cost", _("A kg of CO₂e, ¥"), run.carbon_cost),
        ],
        "words": words(),
    }


def words() -> dict[str, str]:
    """What the page's script says."""
    return {
        "orders": _("orders"),
        "none": _("no warehouse"),
        "no_way": _("no way"),
        "before": _("Before"),
        "after": _("After"),
        "pin": _("Pinned"),
        "cap": _("At most"),
        "forbid": _("Forbidden"),
        "remove": _("Remove"),
        "limit": _("Cap"),
        "kept": _("%s orders stay where the last proposal put them."),
        "moved": _("%s orders need another way."),
        "leaves": _("leaves"),
        "arrives": _("arrives instead"),
    }


@login_required
@require_GET
def options(request: StaffRequest, pk: int) -> HttpResponse:
    run = read_run(request, pk)
    return render(request, "dispatch/reroute_options.html", {"run": run, **desk(run, request)})


@login_required
@require_GET
def waves(request: StaffRequest, pk: int) -> HttpResponse:
    return waves_panel(request, read_run(request, pk))


def waves_panel(request: StaffRequest, run: RerouteRun) -> HttpResponse:
    from dispatch.views.reroutes import figures

    return render(request, "dispatch/reroute_waves_panel.html", figures(run, request) | desk(run, request))


@login_required
@require_GET
def flow_data(request: StaffRequest, pk: int) -> HttpResponse:
    """What the pictures draw, as JSON; unchanged as long as the run's version is."""
    run = read_run(request, pk)
    tag = f'"{run.pk}-{run.version}-{get_language()}"'
    if request.headers.get("If-None-Match") == tag:
        return HttpResponseNotModified(headers={"ETag": tag})
    found = flows.flows_of(run)
    body = {**asdict(found), "bars": [{**asdict(bar), "amount": float(bar.amount)} for bar in found.bars]}
    return JsonResponse(body, json_dumps_params={"ensure_ascii": False}, headers={"ETag": tag})


@login_required
@require_GET
def flow_tables(request: StaffRequest, pk: int) -> HttpResponse:
    """The pictures as tables, for who cannot see them or wants the figures."""
    found = flows.flows_of(read_run(request, pk))
    rows = [
        {
            "before_name": found.names.get(flow.before) or _("no warehouse"),
            "after_name": found.names.get(flow.after) or _("no way"),
            "orders": flow.orders,
        }
        for flow in found.sankey
    ]
    context = {"flows": {"sankey": rows, "bars": found.bars}}
    return render(request, "dispatch/reroute_flow_tables.html", context)


@login_required
@require_GET
def way_list(request: StaffRequest, pk: int) -> HttpResponse:
    """What may be pinned, capped or forbidden, by the words in `q`."""
    run = read_run(request, pk)
    text = request.GET.get("q", "").replace("\x00", "")[:60]
    return render(request, "dispatch/reroute_ways.html", {"ways": ways.ways(run, text)})


@login_required
@require_GET
def change(request: StaffRequest, pk: int) -> HttpResponse:
    """The difference from the proposal that this one was adjusted from."""
    run = read_run(request, pk)
    before = last_proposal(run) if run.solved_at else None
    found = comparison.compare_runs(before, run) if before and (run.written_at or run.change) else None
    groups = []
    if found is not None:
        groups = [
            (title, [gain for gain in gains if gain.change][:CHANGES_SHOWN])
            for title, gains in ((_("Warehouses"), found.warehouses), (_("Carriers"), found.carriers))
        ]
    context = {"change": found, "change_groups": [group for group in groups if group[1]]}
    return render(request, "dispatch/reroute_change.html", context)


@login_required
@require_POST
def choose(request: StaffRequest, pk: int) -> HttpResponse:
    goal = request.POST.get("goal", "")
    with suppress(AlreadyDone):
        operations.choose_option(run_id=pk, goal=goal, by=request.actor, expected_version=expected(request))
    return show(request, pk)


@login_required
@require_POST
def polish(request: StaffRequest, pk: int) -> HttpResponse:
    with suppress(AlreadyDone):
        operations.polish_run(run_id=pk, by=request.actor, expected_version=expected(request))
    return show(request, pk)


@login_required
@require_POST
def adjust(request: StaffRequest, pk: int) -> HttpResponse:
    days, standby = whole(request.POST.get("days", ""), digits=9), request.POST.get("standby", "")
    prices: dict[str, Any] = {name: price_in(request.POST, name) for name in PRICES}
    run = operations.adjust_run(
        run_id=pk,
        by=request.actor,
        wishes=wishes_in(request.POST),
        days=days if days in DAYS else None,
        standby=standby if standby in Standby.values else None,
        **prices,
        expected_version=expected(request),
    )
    return show(request, run.pk)


def price_in(form: QueryDict, name: str) -> Decimal | None:
    """A price in yuan; None where nothing was entered."""
    if not (text := form.get(name, "").strip()):
        return None
    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal(-1)
    if not (price.is_finite() and 0 <= price < MOST_YUAN):
        raise BadWishes(_("A price is an amount in yuan, 0 or more."))
    return price.quantize(Decimal("0.0001"))


def wishes_in(form: QueryDict) -> dict[str, Any]:
    """{"forbid": {"carriers": […]}, "cap": {"lanes": {…}}} from fields "forbid.carriers" and "cap.lanes.12"."""
    found: dict[str, Any] = {}
    for name in form:
        verb, _dot, rest = name.partition(".")
        if verb in ("forbid", "pin") and rest:
            found.setdefault(verb, {})[rest] = form.getlist(name)
        elif verb == "cap" and "." in rest:
            thing, _dot, key = rest.partition(".")
            limit = str(form[name]).strip()
            if not (limit.isascii() and limit.isdigit() and len(limit) < 10):
                raise BadWishes(_("A cap is a number of orders, 0 or more."))
            found.setdefault("cap", {}).setdefault(thing, {})[key] = int(limit)
    return found


@login_required
@require_POST
def wave_step(request: StaffRequest, pk: int, number: int, step: str) -> HttpResponse:
    if step not in STEPS:
        raise Http404
    try:
        run = STEPS[step](run_id=pk, number=number, by=request.actor)
    except AlreadyDone:
        run = get_object_or_404(RerouteRun, pk=pk)
    return after_step(request, run)


@login_required
@require_POST
def run_step(request: StaffRequest, pk: int, step: str) -> HttpResponse:
    if step not in RUN_STEPS:
        raise Http404
    try:
        run = RUN_STEPS[step](run_id=pk, by=request.actor)
    except AlreadyDone:
        run = get_object_or_404(RerouteRun, pk=pk)
    return after_step(request, run)


def after_step(request: StaffRequest, run: RerouteRun) -> HttpResponse:
    return waves_panel(request, run) if request.htmx else redirect("reroute", pk=run.pk)


def show(request: StaffRequest, pk: int) -> HttpResponse:
    """The run's page, anew."""
    return gone_to(reverse("reroute", args=[pk])) if request.htmx else redirect("reroute", pk=pk)

"""The options of a run: one plan per goal, solved on the same reading, kept whole so that any may be chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction

from dispatch import solver
from dispatch.instance import Instance, without_warehouses
from dispatch.models import Goal, RerouteOption, RerouteRun, RerouteTally, RunKind, RunState
from dispatch.operations.proposals import figures_of
from dispatch.operations.steps import lock_run
from dispatch.operations.wanted import wanted
from dispatch.plans import Plan, plan_of
from dispatch.solver.problem import Floats, Ints
from dispatch.tally import Tally, pack_members, tally_of
from dispatch.weighing import solver_options
from journal import operations as journal

WORTH_OPENING = 0.05


@dataclass
class Option:
    """A plan with its FIGURES and what is counted of it, not yet written anywhere. Of a plan that was solved again in
    part, `plan` is that part: the rest is what run `base` proposes for all orders but `part`; `change` is what that
    changed."""

    goal: str
    plan: Plan
    figures: dict[str, Any]
    solved_at: datetime
    tally: Tally
    members: bytes = b""
    base: int | None = None
    part: Ints | None = None
    change: dict[str, Any] | None = None


def option_for(run: RerouteRun, goal: str, instance: Instance, before: Floats, moment: datetime) -> Option:
    """Solve for one goal, within what the run's wishes allow. No warehouse is opened for a handful of orders, unless
    they had no lane without it."""
    result = solve(run, goal, instance)
    if idle := hardly_used(instance, result):
        fewer = without_warehouses(instance, idle)
        again = solve(run, goal, fewer)
        if served(again) >= served(result):
            instance, result = fewer, again
    tally = tally_of(instance, result, before)
    members = pack_members(instance.orders.region, instance.order_ids, len(instance.regions))
    plan, figures = plan_of(instance, result, before), figures_of(instance, result, tally)
    return Option(goal, plan, figures, moment, tally, members)


def solve(run: RerouteRun, goal: str, instance: Instance) -> solver.Result:
    options, wishes = solver_options(run, goal), wanted(run, instance)
    polish = goal == Goal.POLISHED
    from dispatch.solver.stock import solve_jointly

    return solve_jointly(instance.network, instance.orders, instance.goods, options, wishes, polish=polish)


def served(result: solver.Result) -> int:
    return int((result.lane >= 0).sum())


def hardly_used(instance: Instance, result: solver.Result) -> list[int]:
    """Indexes of the warehouses that would be opened for less than WORTH_OPENING of what they take a day."""
    houses = instance.network.lane_warehouse[result.lane[result.lane >= 0]]
    orders = np.bincount(houses, minlength=len(instance.warehouse_codes))
    found = [instance.warehouse_codes.index(code) for code in instance.openable]
    return [house for house in found if 0 < orders[house] < WORTH_OPENING * instance.capacities[house]]


def goals_of(run: RerouteRun) -> list[str]:
    """The goals that a run has options for, its own first. A return has one way to go: back."""
    if run.kind != RunKind.REROUTE:
        return [run.goal]
    others = [goal for goal in Goal.values if goal != Goal.POLISHED or run.polish]
    return [run.goal, *(goal for goal in others if goal != run.goal)]


def keep_options(run: RerouteRun, instance: Instance, before: Floats, moment: datetime, kept: Option | None) -> None:
    """Solve for the goals that the run has no option for yet and keep each as soon as it is known; `kept` is solved
    already. Stops when somebody has decided or another worker took over."""
    known = set(run.options.values_list("goal", flat=True))
    for goal in goals_of(run):
        if goal in known:
            continue
        option = kept if kept is not None and kept.goal == goal else option_for(run, goal, instance, before, moment)
        if not keep(run, option):
            return
    with transaction.atomic():
        held = lock_run(run.pk)
        if mine(held, run):
            held.options_at, held.lease_until = moment, None
            held.save(update_fields=["state", "options_at", "lease_until"])
            journal.touch(held.reference, f"reroute:{held.pk}")


def keep(run: RerouteRun, option: Option) -> bool:
    """Write one option down; False when the run is no longer this worker's."""
    packed = option.plan.pack()
    with transaction.atomic():
        held = lock_run(run.pk)
        if not mine(held, run):
            return False
        RerouteOption.objects.create(
            run=held, goal=option.goal, solved_at=option.solved_at, plan=packed, **option.figures
        )
        keep_tally(held, option)
        journal.touch(held.reference, f"reroute:{held.pk}")
        return True


def keep_tally(run: RerouteRun, option: Option) -> None:
    """What is counted of an option, in place of what an earlier attempt counted."""
    counted = {"tally": option.tally.pack(), "members": option.members}
    RerouteTally.objects.update_or_create(run=run, goal=option.goal, defaults=counted)


def mine(held: RerouteRun, run: RerouteRun) -> bool:
    return held.state == RunState.PROPOSED and held.attempts == run.attempts

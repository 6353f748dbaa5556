"""The options of a run: one plan per goal, solved on the same reading, kept whole so that any may be chosen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from dispatch import solver
from dispatch.instance import Instance
from dispatch.models import Goal, RerouteOption, RerouteRun, RunKind, RunState
from dispatch.operations.proposals import figures_of
from dispatch.operations.steps import lock_run
from dispatch.operations.wanted import wanted
from dispatch.plans import Plan, plan_of
from dispatch.solver.problem import Floats
from dispatch.weighing import solver_options
from journal import operations as journal


@dataclass
class Option:
    """A plan with its FIGURES, not yet written anywhere."""

    goal: str
    plan: Plan
    figures: dict[str, Any]
    solved_at: datetime


def option_for(run: RerouteRun, goal: str, instance: Instance, before: Floats, moment: datetime) -> Option:
    """Solve for one goal, within what the run's wishes allow."""
    options = solver_options(run, goal)
    network, orders, wishes = instance.network, instance.orders, wanted(run, instance)
    result = solver.solve_jointly(network, orders, instance.goods, options, wishes, polish=goal == Goal.POLISHED)
    return Option(goal, plan_of(instance, result, before), figures_of(instance, result, before), moment)


def goals_of(run: RerouteRun) -> list[str]:
    """The goals that a run has options for, its own first. A return has one way to go: back."""
    if run.kind == RunKind.RETURN:
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
        journal.touch(held.reference, f"reroute:{held.pk}")
        return True


def mine(held: RerouteRun, run: RerouteRun) -> bool:
    return held.state == RunState.PROPOSED and held.attempts == run.attempts

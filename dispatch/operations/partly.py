"""Solving an adjusted run again in the regions that its new wishes touch, while the others keep what they had."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.db import connection

from dispatch import solver
from dispatch.bulk import analyze, fetch_columns, snapshot
from dispatch.instance import ZONES, Instance
from dispatch.models import Lane, Proposal, RerouteRun, RunKind
from dispatch.models.figures import FIGURES
from dispatch.operations.detours import propose_detours
from dispatch.operations.options import Option
from dispatch.operations.proposals import before_costs, clear_proposal, copy_plan, counted, prices, write_waves
from dispatch.operations.steps import terms_of
from dispatch.operations.wanted import wanted
from dispatch.operations.wishes import THINGS, VERBS
from dispatch.part import Part, by_day, read_part
from dispatch.plans import UNKNOWN, Plan, plan_of
from dispatch.queries.comparison import change_of
from dispatch.queries.reroutes import last_proposal
from dispatch.solver import Prior, Wishes
from dispatch.solver.problem import Ints
from dispatch.tally import Tally, pack_members, tally_of, unpack_members, unpack_tally
from dispatch.weighing import solver_options
from journal import clock

# Fewer orders are solved as a whole at once, and exactly; more than that touched are too many to be a part.
WHOLE, MOST = 60_000, 60_000
KEPT = timedelta(minutes=30)
PROMISED_GAP = 0.002

COPY_REST = """
INSERT INTO dispatch_proposal (run_id, order_id, order_version, wave, outcome, lane_id, warehouse_id, cost, cost_before,
    on_time, day)
SELECT %(run)s, p.order_id, p.order_version, coalesce(mine.number, 0), p.outcome, p.lane_id, p.warehouse_id, p.cost,
    p.cost_before, p.on_time, p.day
FROM dispatch_proposal p LEFT JOIN dispatch_reroutewave his ON his.run_id = p.run_id AND his.number = p.wave
LEFT JOIN dispatch_reroutewave mine ON mine.run_id = %(run)s AND mine.zone = his.zone
WHERE p.run_id = %(base)s AND p.order_id <> ALL(%(part)s::bigint[]) ORDER BY p.order_id
"""


# A proposal in the columns of a Plan; rows without a way are of no zone.
ROWS = """
SELECT p.order_id, p.order_version, coalesce(z.n, 1)::int2 - 1::int2, p.outcome,
    coalesce(p.lane_id, -array_position(%(houses)s::varchar[], p.warehouse_id), 0)::int8, p.day,
    coalesce(p.cost, %(unknown)s), coalesce(p.cost_before, %(unknown)s), coalesce(p.on_time::int, -1)::int2
FROM dispatch_proposal p LEFT JOIN dispatch_reroutewave w ON w.run_id = p.run_id AND w.number = p.wave
LEFT JOIN unnest(%(zones)s::varchar[]) WITH ORDINALITY AS z(zone, n) ON z.zone = w.zone
WHERE p.run_id = %(run)s ORDER BY p.order_id
"""
COLUMNS = {"order": "int8", "version": "int8", "zone": "int2", "outcome": "int2", "way": "int8", "day": "int2"}
COLUMNS |= {"cost": "int8", "cost_before": "int8", "on_time": "int2"}


def solve_partly(run: RerouteRun) -> Option | None:
    """The plan of the run this one was adjusted from, solved anew in the regions whose lanes are wished otherwise than
    before; None where all has to be solved.

    That is so unless the network is what it was (dispatch.fingerprint), the proposal is younger than KEPT and only
    wishes about lanes differ, and unless prices prove the new plan to be within PROMISED_GAP of the best one, or no
    farther from it than that proposal.
    """
    base, now = last_proposal(run), clock.now()
    if base is None or not may_stay(run, base) or base.solved_at is None or base.solved_at < now - KEPT:
        return None
    lanes = touched(base.wishes, run.wishes)
    kept = base.tallies.filter(goal=base.goal).first()
    if not lanes or kept is None:
        return None
    began = time.perf_counter()
    tally = unpack_tally(bytes(kept.tally))
    codes = set(Lane.objects.filter(pk__in=lanes).values_list("region", flat=True))
    regions = np.array([place for place, code in enumerate(tally.regions) if code in codes], np.int64)
    region_of, ids = unpack_members(bytes(kept.members), len(tally.regions))
    rest = ~np.isin(region_of, regions)
    part = np.sort(ids[~rest])
    if not tally.network or len(part) > MOST:
        return None
    with snapshot():
        instance = read_part(run, Part(base, part, tally.used(regions, run.days)), now=now)
    if instance.fingerprint != tally.network:
        return None
    instance = within(instance, regions)
    read = round(time.perf_counter() - began, 4)
    result = solver.solve_part(
        instance.network,
        instance.orders,
        solver_options(run, run.goal),
        wanted(run, instance) or Wishes(),
        prior_of(base, tally),
    )
    before = before_costs(instance)
    plan = plan_of(instance, result, before)
    fresh = tally_of(instance, result, before)
    whole = tally.with_part(fresh, regions)
    figures = figures_of_part(base, whole, tally, fresh, regions)
    if figures["gap"] > max(PROMISED_GAP, base.gap or 0):
        return None
    figures |= {
        "changed": base.changed + len(part) - len(plan.order),
        "classes": result.classes,
        "arcs": result.arcs,
        "seconds": {"read": read, **result.seconds},
        "prices": prices_with(base, instance, prices(instance, result), regions),
    }
    return Option(
        run.goal,
        plan,
        figures,
        base.solved_at,
        whole,
        pack_members(
            np.concatenate([region_of[rest], instance.orders.region]),
            np.concatenate([ids[rest], instance.order_ids]),
            len(tally.regions),
        ),
        base=base.pk,
        part=part,
        change=change_of(base, plan, part),
    )


def may_stay(run: RerouteRun, base: RerouteRun) -> bool:
    """Whether what `base` proposes is of use to `run` but for the wishes about lanes. Caps of carriers and warehouses
    are about all regions."""
    alike = run.kind == base.kind == RunKind.REROUTE and run.goal == base.goal and terms_of(run) == terms_of(base)
    large = base.orders > WHOLE and base.penalty_unit is not None
    shared = any(set(day) - {"lanes", "warehouses", "later"} for day in by_day(base.prices))
    capped = set(run.wishes.get("cap", {})) - {"lanes"}
    return alike and large and not shared and not capped and not base.opens


def touched(old: dict[str, Any], new: dict[str, Any]) -> set[int]:
    """Lanes that are wished otherwise; none when that is so of other things, too."""
    lanes: set[int] = set()
    for verb in VERBS:
        for thing in THINGS:
            before, after = (pairs(wishes.get(verb, {}).get(thing, ())) for wishes in (old, new))
            if before != after and thing != "lanes":
                return set()
            lanes |= {int(key) for key, _limit in before ^ after}
    return lanes


def pairs(keys: Any) -> set[tuple[str, int]]:
    limits = keys if isinstance(keys, dict) else dict.fromkeys(keys, 0)
    return {(str(key), limit) for key, limit in limits.items()}


def within(instance: Instance, regions: Ints) -> Instance:
    """Without the orders that have left these regions since."""
    rows = np.flatnonzero(np.isin(instance.orders.region, regions))
    return replace(
        instance,
        orders=instance.orders.take(rows),
        order_ids=instance.order_ids[rows],
        order_versions=instance.order_versions[rows],
        zone=instance.zone[rows],
        house=instance.house[rows],
    )


def prior_of(base: RerouteRun, tally: Tally) -> Prior:
    houses = [[day["warehouses"].get(code, 0) for code in tally.houses] for day in by_day(base.prices)]
    return Prior(base.scale, base.penalty_unit or 1, tally.outweigh, np.array(houses, np.int64).reshape(-1))


def figures_of_part(base: RerouteRun, whole: Tally, old: Tally, new: Tally, regions: Ints) -> dict[str, Any]:
    """FIGURES of the whole plan: sums over its regions, the bound with these regions' new shares in it."""

    def share(tally: Tally) -> int:
        return int((tally.figures["least"] - tally.figures["worth"])[regions].sum())

    objective, bound = whole.total("spent"), (base.bound or 0) - share(old) + share(new)
    return {
        **counted(whole),
        "opens": [],
        "objective": objective,
        "bound": bound,
        "gap": (objective - bound) / max(whole.total("served"), 1),
        "scale": base.scale,
        "penalty_unit": base.penalty_unit,
        "rounding": Decimal(str(whole.total("orders") / base.scale)),
        "exact": False,
        "could_serve": None,
        "offered": base.offered,
    }


def prices_with(base: RerouteRun, instance: Instance, part: dict[str, Any], regions: Ints) -> dict[str, Any]:
    """The base's prices with those of these regions' lanes in place of its own."""
    lane_region = instance.network.lane_region[: len(instance.lane_ids)]
    renewed = {str(lane) for lane in instance.lane_ids[np.isin(lane_region, regions)]}
    days = [
        {**old, "lanes": {lane: price for lane, price in old["lanes"].items() if lane not in renewed} | new["lanes"]}
        for old, new in zip(by_day(base.prices), by_day(part), strict=True)
    ]
    first = {name: value for name, value in days[0].items() if name != "later"}
    return first if len(days) == 1 else {**first, "later": days[1:]}


def write_with_part(run: RerouteRun, option: Option) -> None:
    """Write down a plan that was solved again in part; the other orders' rows are copied from its base."""
    assert option.part is not None, "only for a plan in part"
    clear_proposal(run)
    tally = option.tally
    number = write_waves(run, np.bincount(tally.zone, tally.figures["assigned"], len(ZONES)).astype(np.int64))
    with connection.cursor() as cursor:
        cursor.execute(COPY_REST, {"run": run.pk, "base": option.base, "part": option.part.tolist()})
    copy_plan(run, option.plan, number)
    analyze(Proposal)
    propose_detours(run)


def proposed_option(run: RerouteRun) -> Option | None:
    """What a run proposes, as an option of it; None when that is for another goal by now."""
    held = RerouteRun.objects.get(pk=run.pk)
    kept = held.tallies.filter(goal=run.goal).first()
    if held.goal != run.goal or held.solved_at is None or kept is None:
        return None
    tally = unpack_tally(bytes(kept.tally))
    told = {"run": run.pk, "houses": tally.houses, "zones": [str(zone) for zone in ZONES], "unknown": UNKNOWN}
    with connection.cursor() as cursor:
        columns = fetch_columns(cursor, ROWS, told, COLUMNS)
    plan = Plan(houses=tally.houses, **{name: values.astype(np.int64) for name, values in columns.items()})
    figures = {name: getattr(held, name) for name in FIGURES}
    return Option(run.goal, plan, figures, held.solved_at, tally, bytes(kept.members))

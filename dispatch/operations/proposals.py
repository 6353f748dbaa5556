"""Writing down what the solver found: one narrow row per order, the waves, and the figures of the run."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
from django.db import connection

from dispatch.bulk import Column, analyze, copy_columns
from dispatch.instance import UNLIMITED, ZONES, Instance
from dispatch.models import Proposal, RerouteOption, RerouteRun, RerouteWave, WaveState, Zone
from dispatch.models.figures import FIGURES
from dispatch.operations.detours import propose_detours
from dispatch.plans import UNKNOWN, Plan, days_of
from dispatch.solver import Result
from dispatch.solver.candidates import Lawful
from dispatch.solver.problem import Floats, Ints
from dispatch.tally import REASONS, Tally


def before_costs(instance: Instance) -> Floats:
    """What each order costs on the way it has today; NaN where no rate tells."""
    return Lawful(instance.network).paid_on(instance.orders, instance.orders.lane)


def write_proposal(run: RerouteRun, plan: Plan) -> None:
    """Replace the run's proposal rows and waves by those of a plan, and what its orders in transit are told by what
    is best now."""
    clear_proposal(run)
    number = write_waves(run, np.bincount(plan.zone[plan.served], minlength=len(ZONES)))
    copy_plan(run, plan, number)
    analyze(Proposal)
    propose_detours(run)


def clear_proposal(run: RerouteRun) -> None:
    run.proposals.all().delete()
    run.waves.all().delete()


def copy_plan(run: RerouteRun, plan: Plan, number: Ints) -> None:
    """A row for each order of the plan; `number` is the wave of each zone."""
    served, collected = plan.served, plan.way < 0
    with connection.cursor() as cursor:
        copy_columns(
            cursor,
            Proposal._meta.db_table,
            [
                Column("run_id", "int8", np.full(len(served), run.pk, np.int64)),
                Column("order_id", "int8", plan.order),
                Column("order_version", "int8", plan.version),
                Column("wave", "int2", np.where(served, number[plan.zone], 0)),
                Column("outcome", "int2", plan.outcome),
                Column("lane_id", "int8", plan.way, plan.way <= 0),
                Column("warehouse_id", "text", np.where(collected, -1 - plan.way, 0), ~collected, plan.houses),
                Column("cost", "int8", plan.cost, plan.cost == UNKNOWN),
                Column("cost_before", "int8", plan.cost_before, plan.cost_before == UNKNOWN),
                Column("on_time", "bool", plan.on_time > 0, plan.on_time < 0),
                Column("day", "int2", plan.day),
            ],
        )


def write_waves(run: RerouteRun, counts: Ints) -> Ints:
    """One wave per zone that gets orders, of which there are `counts` by zone: core regions first, then the zone with
    most orders. Returns the wave number of each zone."""
    sequence = sorted(np.flatnonzero(counts), key=lambda zone: (ZONES[zone] != Zone.CORE, -counts[zone], zone))
    number = np.zeros(len(ZONES), np.int64)
    for place, zone in enumerate(sequence, start=1):
        number[zone] = place
    state = WaveState.HELD if run.approve_each_wave else WaveState.WAITING
    RerouteWave.objects.bulk_create(
        RerouteWave(run=run, number=number[zone], zone=ZONES[zone], orders=counts[zone], state=state)
        for zone in sequence
    )
    return number


def figures_of(instance: Instance, result: Result, tally: Tally) -> dict[str, Any]:
    """FIGURES of a plan."""
    return {
        **counted(tally),
        "changed": instance.changed,
        "opens": opens(instance, result),
        "objective": result.objective,
        "bound": result.bound,
        "gap": result.gap,
        "scale": result.scale,
        "penalty_unit": result.penalty_unit,
        "rounding": Decimal(str(result.rounding)),
        "exact": result.exact,
        "could_serve": result.could_serve,
        "classes": result.classes,
        "arcs": result.arcs,
        "seconds": result.seconds,
        "prices": prices(instance, result),
        "offered": offered(instance),
    }


def counted(tally: Tally) -> dict[str, Any]:
    """Those FIGURES that are sums over the orders."""

    def money(name: str) -> Decimal:
        return Decimal(tally.total(name)) / tally.scale

    def share(name: str) -> float | None:
        promised = tally.total("promised")
        return tally.total(name) / promised if promised else None

    return {
        **{name: tally.total(name) for name in ("orders", "moved", "assigned", "crossing", "temporary")},
        "by_reason": {reason: count for reason in REASONS if (count := tally.total(reason))},
        **{name: money(name) for name in ("cost_before", "compared_after", "cost_after")},
        **{name: share(name) for name in ("on_time_before", "on_time_after")},
    }


def opens(instance: Instance, result: Result) -> list[dict[str, Any]]:
    """What leaves from warehouses that are still to be opened, and from which day on."""
    served = np.flatnonzero(result.lane >= 0)
    house, day = instance.network.lane_warehouse[result.lane[served]], days_of(result)[served]
    return [
        {"warehouse": code, "orders": int(there.sum()), "day": int(day[there].min())}
        for code in instance.openable
        if (there := house == instance.warehouse_codes.index(code)).any()
    ]


def set_figures(run: RerouteRun, figures: dict[str, Any]) -> None:
    """Give the run the figures of the option it proposes; the caller saves it."""
    for name in FIGURES:
        setattr(run, name, figures[name])


def figures_of_option(option: RerouteOption) -> dict[str, Any]:
    return {name: getattr(option, name) for name in FIGURES}


def prices(instance: Instance, result: Result) -> dict[str, Any]:
    """The certificate by lane id and warehouse code; what is free is left out. Those of the second day and on stand in
    "later", day by day. "stock" has the prices of products by warehouse code, "carriers" those of capped carriers."""
    proof, network = result.certificate, instance.network
    days = max(len(proof.warehouse_price) // max(network.warehouses, 1), 1)
    lanes = proof.lane_price.reshape(days, network.lanes)[:, : len(instance.lane_ids)]
    houses = proof.warehouse_price.reshape(days, network.warehouses)
    by_day: list[dict[str, Any]] = [
        {
            "lanes": {str(instance.lane_ids[index]): int(lanes[day, index]) for index in np.flatnonzero(lanes[day])},
            "warehouses": {
                instance.warehouse_codes[index]: int(houses[day, index]) for index in np.flatnonzero(houses[day])
            },
        }
        for day in range(days)
    ]
    if result.carrier_price is not None and result.carrier_price.size:
        for day, carriers in enumerate(result.carrier_price):
            by_day[day]["carriers"] = {instance.carrier_codes[at]: int(carriers[at]) for at in np.flatnonzero(carriers)}
    if result.stock_price is not None:
        by_day[0]["stock"] = {
            instance.warehouse_codes[house]: {instance.products[at]: int(units[at]) for at in np.flatnonzero(units)}
            for house, units in enumerate(result.stock_price)
            if units.any()
        }
    return by_day[0] if days == 1 else {**by_day[0], "later": by_day[1:]}


def offered(instance: Instance) -> dict[str, Any]:
    """The capacity that was left for this run, by lane id and warehouse code; "surge" is the part of a lane's that
    costs extra. That of the second day and on stands in "later", day by day."""
    network = instance.network
    first = offer(instance, network.lane_capacity, network.lane_surge, network.warehouse_capacity)
    if network.lane_later is None or network.warehouse_later is None:
        return first
    surge = network.lane_surge_later
    later = [
        offer(instance, lanes, None if surge is None else surge[day], houses)
        for day, (lanes, houses) in enumerate(zip(network.lane_later, network.warehouse_later, strict=True))
    ]
    first["later"] = later
    return first


def offer(instance: Instance, lanes: Ints, surge: Ints | None, houses: Ints) -> dict[str, Any]:
    """What one day offers."""
    lanes = lanes[: len(instance.lane_ids)]
    limited = np.flatnonzero((lanes < UNLIMITED) & instance.network.lane_open[: len(lanes)])
    found: dict[str, Any] = {
        "lanes": {str(instance.lane_ids[index]): int(lanes[index]) for index in limited},
        "warehouses": {
            code: int(left) if opened else 0
            for code, left, opened in zip(
                instance.warehouse_codes, houses, instance.network.warehouse_open, strict=True
            )
        },
    }
    if surge is not None and surge[limited].any():
        found["surge"] = {str(instance.lane_ids[index]): int(surge[index]) for index in limited if surge[index]}
    return found

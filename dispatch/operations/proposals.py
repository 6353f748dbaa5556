"""Writing down what the solver found: one narrow row per order, the waves, and the figures of the run."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from django.db import connection

from dispatch.bulk import Column, copy_columns
from dispatch.instance import UNLIMITED, ZONES, Instance
from dispatch.models import Outcome, Proposal, RerouteRun, RerouteWave, Zone
from dispatch.solver import Reason, Result
from dispatch.solver.candidates import Lawful
from dispatch.solver.problem import Bools, Floats, Ints


def before_costs(instance: Instance, late_cost: float) -> Floats:
    """What each order costs on the way it has today; NaN where no rate tells."""
    return Lawful(instance.network, late_cost=late_cost).cost_on(instance.orders, instance.orders.lane)


def write_proposal(run: RerouteRun, instance: Instance, result: Result, before: Floats) -> None:
    """Replace the run's proposal rows and waves, and set its figures; the caller saves the run."""
    run.proposals.all().delete()
    run.waves.all().delete()
    number = write_waves(run, instance, result)
    served = result.lane >= 0
    cost = units(result.cost, result.scale)
    cost_before = units(before, result.scale)
    on_time = in_time(instance, result.lane)
    collected = served & instance.is_collection(result.lane)
    lane = np.where(served & ~collected, result.lane, 0)
    lane_id = instance.lane_ids[lane] if len(instance.lane_ids) else lane
    house = instance.network.lane_warehouse[np.where(served, result.lane, 0)] if len(served) else lane
    with connection.cursor() as cursor:
        copy_columns(
            cursor,
            Proposal._meta.db_table,
            [
                Column("run_id", "int8", np.full(len(served), run.pk, np.int64)),
                Column("order_id", "int8", instance.order_ids),
                Column("order_version", "int8", instance.order_versions),
                Column("wave", "int2", np.where(served, number[instance.zone], 0)),
                Column("outcome", "int2", result.reason),
                Column("lane_id", "int8", lane_id, ~served | collected),
                Column("warehouse_id", "text", house, ~collected, instance.warehouse_codes),
                Column("cost", "int8", cost, ~served),
                Column("cost_before", "int8", cost_before, np.isnan(before)),
                Column("on_time", "bool", on_time, np.isinf(instance.orders.slack)),
            ],
        )
        cursor.execute(f"ANALYZE {Proposal._meta.db_table}")
    set_figures(run, instance, result, before)


def write_waves(run: RerouteRun, instance: Instance, result: Result) -> Ints:
    """One wave per zone that gets orders: core regions first, then the zone with most orders. Returns the wave number
    of each zone."""
    counts = np.bincount(instance.zone[result.lane >= 0], minlength=len(ZONES))
    sequence = sorted(np.flatnonzero(counts), key=lambda zone: (ZONES[zone] != Zone.CORE, -counts[zone], zone))
    number = np.zeros(len(ZONES), np.int64)
    for place, zone in enumerate(sequence, start=1):
        number[zone] = place
    RerouteWave.objects.bulk_create(
        RerouteWave(run=run, number=number[zone], zone=ZONES[zone], orders=counts[zone]) for zone in sequence
    )
    return number


def units(cost: Floats, scale: int) -> Ints:
    return np.rint(np.nan_to_num(cost) * scale).astype(np.int64)


def in_time(instance: Instance, lane: Ints) -> Bools:
    """Whether each order reaches its customer by the first promise on the given lane; False without a lane."""
    hours = np.append(instance.network.lane_hours, np.inf)[lane]
    return hours <= instance.orders.slack


def set_figures(run: RerouteRun, instance: Instance, result: Result, before: Floats) -> None:
    served = result.lane >= 0
    known = served & ~np.isnan(before)
    promised = np.isfinite(instance.orders.slack)

    def money(cost: Floats, rows: Bools) -> Decimal:
        return Decimal(int(units(cost[rows], result.scale).sum())) / result.scale

    def share(lane: Ints) -> float | None:
        return float(in_time(instance, lane)[promised].mean()) if promised.any() else None

    run.orders, run.changed = len(served), instance.changed
    run.assigned = int(served.sum())
    run.by_reason = {
        Reason(code).name.lower(): int(count)
        for code, count in enumerate(np.bincount(result.reason, minlength=len(Outcome)))
        if count and code != Reason.ASSIGNED
    }
    run.cost_before, run.compared_after = money(before, known), money(result.cost, known)
    run.cost_after = money(result.cost, served)
    run.on_time_before, run.on_time_after = share(instance.orders.lane), share(result.lane)
    run.objective, run.bound, run.gap = result.objective, result.bound, result.gap
    run.scale, run.penalty_unit, run.rounding = result.scale, result.penalty_unit, Decimal(str(result.rounding))
    run.exact, run.classes, run.arcs, run.seconds = result.exact, result.classes, result.arcs, result.seconds
    run.prices, run.offered = prices(instance, result), offered(instance)


def prices(instance: Instance, result: Result) -> dict[str, dict[str, int]]:
    """The certificate by lane id and warehouse code; what is free is left out."""
    proof = result.certificate
    lanes = proof.lane_price[: len(instance.lane_ids)]
    return {
        "lanes": {str(instance.lane_ids[index]): int(lanes[index]) for index in np.flatnonzero(lanes)},
        "warehouses": {
            instance.warehouse_codes[index]: int(proof.warehouse_price[index])
            for index in np.flatnonzero(proof.warehouse_price)
        },
    }


def offered(instance: Instance) -> dict[str, dict[str, int]]:
    """The capacity that was left for this run, by lane id and warehouse code."""
    lanes = instance.network.lane_capacity[: len(instance.lane_ids)]
    limited = np.flatnonzero((lanes < UNLIMITED) & instance.network.lane_open[: len(lanes)])
    return {
        "lanes": {str(instance.lane_ids[index]): int(lanes[index]) for index in limited},
        "warehouses": {
            code: int(left) if opened else 0
            for code, left, opened in zip(
                instance.warehouse_codes,
                instance.network.warehouse_capacity,
                instance.network.warehouse_open,
                strict=True,
            )
        },
    }

"""What a run's solver weighs a way by, for one order at a time: the same costs, from the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
from django.conf import settings
from django.db import connection

from dispatch.instance_sql import CARBON, DISTANCE
from dispatch.models import Goal, Lane, Order, RerouteRun, Warehouse
from dispatch.queries.rooms import lane_risks
from dispatch.solver import Goal as SolverGoal
from dispatch.solver import Network, Options, Orders
from dispatch.solver.candidates import Lawful
from dispatch.solver.costs import HEAVY
from dispatch.solver.problem import Floats
from journal import clock

CARBONS = f"""
SELECT l.id, coalesce({DISTANCE} * {CARBON}, 0)::float8 FROM dispatch_lane l
JOIN dispatch_warehouse house ON house.code = l.warehouse_id JOIN dispatch_region region ON region.code = l.region_id
WHERE l.id = ANY(%(lanes)s::bigint[])
"""


def solver_options(run: RerouteRun, goal: str) -> Options:
    """What the run says about how to solve it."""
    return Options(
        late_cost=float(run.late_cost),
        risk_cost=float(run.risk_cost),
        carbon_cost=float(run.carbon_cost),
        goal=SolverGoal.CHEAPEST if goal == Goal.POLISHED else SolverGoal(goal),
        days=run.days,
    )


@dataclass(frozen=True)
class Weights:
    """`paid` [way] is freight and handling, NaN without a rate; `beside` [day, way] what lateness, risk and carbon
    count on top. `hours` and `sure_hours` [way] are from the solve until half, and nine in ten, of such orders arrive;
    `careful`: the latter are those that lateness is reckoned by."""

    paid: Floats
    beside: Floats
    hours: Floats
    sure_hours: Floats
    careful: bool


def weigh(run: RerouteRun, order: Order, ways: Sequence[tuple[Warehouse, Lane | None]]) -> Weights:
    """Each way of an order as the run weighed it, with the rates and risks there are now; a way without a lane is its
    warehouse's counter."""
    count = len(ways)
    lanes = [lane for _house, lane in ways]
    local = (run.solved_at or clock.now()).astimezone(ZoneInfo(settings.TIME_ZONE))
    passed = (local - local.replace(hour=0, minute=0, second=0, microsecond=0)) / timedelta(seconds=1)
    rates = [(way, rate) for way, lane in enumerate(lanes) if lane is not None for rate in lane.rates.all()]
    risks = lane_risks(run.exercise) if run.risk_cost else {}
    none, waiting = np.zeros(count, np.int64), np.array([until_cutoff(lane, passed) for lane in lanes], np.float64)
    network = Network(
        warehouse_capacity=none,
        warehouse_open=np.ones(count, np.bool_),
        unit_cost=np.array([float(house.unit_cost) for house, _lane in ways], np.float64),
        lane_warehouse=np.arange(count),
        lane_region=none,
        lane_service=none,
        lane_capacity=none,
        lane_hours=waiting + [0 if lane is None else lane.transit_hours for lane in lanes],
        lane_open=np.ones(count, np.bool_),
        lane_collected=np.array([lane is None for lane in lanes], np.bool_),
        rate_lane=np.array([way for way, _rate in rates], np.int64),
        rate_from=np.array([float(rate.min_weight) for _way, rate in rates], np.float64),
        rate_to=np.array(
            [np.inf if rate.max_weight is None else float(rate.max_weight) for _way, rate in rates], np.float64
        ),
        rate_minimum=np.array([float(rate.minimum) for _way, rate in rates], np.float64),
        rate_per_weight=np.array([float(rate.rate) for _way, rate in rates], np.float64),
        lane_risk=np.array([0.0 if lane is None else risks.get(lane.pk, 0.0) for lane in lanes], np.float64),
        lane_carbon=carbon(run, lanes),
        lane_sure_hours=waiting + [0 if lane is None else lane.p90_hours or lane.transit_hours for lane in lanes],
    )
    promise = order.first_promise_at or order.promise_at
    slack = np.inf if promise is None else (promise - local) / timedelta(hours=1)
    # The one order once for each way.
    orders = Orders(
        region=none,
        service=none,
        collected=network.lane_collected,
        weight=np.full(count, float(order.weight)),
        quantity=np.full(count, float(order.quantity)),
        priority=np.full(count, 1 + max(order.priority, 0) + order.region.core, np.int64),
        makers=none,
        servers=none,
        slack=np.full(count, slack),
        lane=none,
        maker_sets=np.ones((1, count), np.bool_),
        server_sets=np.ones((1, count), np.bool_),
    )
    lawful = Lawful(network, solver_options(run, run.goal))
    way = np.arange(count)
    paid = lawful.paid_on(orders, way)
    known = np.nan_to_num(paid)
    beside = np.array([lawful.weighed_on(orders, way, np.full(count, day), known) - known for day in range(run.days)])
    assert network.lane_sure_hours is not None
    careful = bool(count) and bool(orders.priority[0] >= HEAVY)
    return Weights(paid, beside, network.lane_hours, network.lane_sure_hours, careful)


def until_cutoff(lane: Lane | None, passed: float) -> float:
    """Hours until the lane's next departure, `passed` seconds after midnight."""
    if lane is None or lane.cutoff is None:
        return 0.0
    cutoff = lane.cutoff.hour * 3600 + lane.cutoff.minute * 60 + lane.cutoff.second
    return (cutoff - passed) % 86_400 / 3600


def carbon(run: RerouteRun, lanes: Sequence[Lane | None]) -> Floats:
    """kg CO2e per kg of each lane; not asked for while it costs nothing."""
    found: dict[int, float] = {}
    if run.carbon_cost:
        with connection.cursor() as cursor:
            cursor.execute(CARBONS, {"lanes": [lane.pk for lane in lanes if lane is not None]})
            found = dict(cursor.fetchall())
    return np.array([0.0 if lane is None else found.get(lane.pk, 0.0) for lane in lanes], np.float64)

"""Why one order goes where a run sends it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from math import ceil, isnan
from typing import Any

from django.utils.translation import gettext as _

from dispatch.models import (
    AffectedOrder,
    CustomerRestriction,
    Goal,
    Lane,
    Outcome,
    Proposal,
    RefusedLane,
    RerouteRun,
    Warehouse,
)
from dispatch.queries.network import coming_warehouses, lanes_closed_themselves, rows
from dispatch.queries.reroutes import require_written
from dispatch.queries.reservations import local_day
from dispatch.queries.splits import parts_of, told
from dispatch.queries.standby import openable
from dispatch.queries.stock_left import STOCK_LEFT
from dispatch.weighing import weigh
from journal import clock
from journal.refusal import Refusal

# In the sequence in which the rules are asked.
VERDICTS = ("closed", "product", "customer", "rate", "forbidden", "refused", "lawful")


# Goals whose prices are money alone.
IN_MONEY = (Goal.CHEAPEST, Goal.POLISHED)


class NotInRun(Refusal):
    """The run did not look at this order."""

    status = 404


@dataclass(frozen=True)
class Choice:
    """A way the order could or could not take, on the day that is best for it (the chosen one on its own day). `cost`
    is freight and handling, `beside` what lateness, risk and carbon count, `scarcity` what the capacity it uses is
    worth to other orders by the run's certificate; `total` decides. `full` when that is more than serving an order
    is worth. Half of the orders are there after `hours`, from their departure at the next cut-off by `arrives`; nine in
    ten after `sure_hours`, by `surely`."""

    label: str
    detail: str
    verdict: str
    verdict_label: str
    chosen: bool
    current: bool
    cost: Decimal | None
    beside: Decimal | None
    scarcity: Decimal | None
    hours: int | None
    sure_hours: int | None
    arrives: datetime
    surely: datetime
    full: bool

    @property
    def name(self) -> str:
        """The warehouse, and who carries it from there."""
        return f"{self.label} · {self.detail}"

    @property
    def total(self) -> Decimal | None:
        if self.cost is None or self.beside is None or self.scarcity is None:
            return None
        return self.cost + self.beside + self.scarcity


@dataclass(frozen=True)
class Explanation:
    """Everything that decided about one order; lawful choices first, the best on top. `sentence` says why it goes
    where it goes, `next_best` what the next way would cost and how long it takes, `old_way` why it does not go where
    it was, `in_parts` how an order that no warehouse has the goods for could be split; "" when there is nothing to say.
    `leaves_on` is None where there is one day to leave on, or no way.
    `careful`: the order is in time only where nine in ten would be, as it is of a core region, medical or fresh."""

    external_id: str
    outcome: str
    assigned: bool
    sentence: str
    next_best: str
    old_way: str
    choices: list[Choice]
    leaves_on: date | None
    promised: datetime | None
    careful: bool
    in_parts: str

    @property
    def chosen(self) -> Choice | None:
        return next((choice for choice in self.choices if choice.chosen), None)


def explain_order(run: RerouteRun, external_id: str) -> Explanation:
    """Why this lane, which would be next, and why not the old one. Raises NotInRun, BeingWritten."""
    require_written(run)
    row = run.proposals.select_related("order__region").filter(order__external_id=external_id).first()
    if row is None:
        raise NotInRun(_("Order %(number)s is not part of this reroute.") % {"number": external_id})
    explaining = Explaining(run, row)
    choices = sorted(explaining.choices(), key=lambda choice: ranking(choice, row))
    outcome = str(Outcome(row.outcome).label)
    return Explanation(
        external_id,
        outcome,
        row.outcome == Outcome.ASSIGNED,
        sentence(row, choices),
        next_best(choices),
        old_way(choices),
        choices,
        leaves_on(run, row),
        row.order.first_promise_at or row.order.promise_at,
        explaining.careful,
        explaining.in_parts(),
    )


def leaves_on(run: RerouteRun, row: Proposal) -> date | None:
    if row.outcome != Outcome.ASSIGNED or run.days == 1 or run.solved_at is None:
        return None
    return local_day(run.solved_at) + timedelta(days=row.day)


def ranking(choice: Choice, row: Proposal) -> tuple[Any, ...]:
    lawful = choice.verdict == "lawful"
    return (
        not choice.chosen,
        not lawful,
        choice.full,
        choice.total or choice.cost or 0,
        not choice.current,
        choice.label,
    )


def sentence(row: Proposal, choices: list[Choice]) -> str:
    """The answer in one line."""
    lawful = [choice for choice in choices if choice.verdict == "lawful"]
    chosen = next((choice for choice in lawful if choice.chosen), None)
    if chosen is None:
        if row.outcome == Outcome.CAPACITY:
            return _("Lawful ways exist, but their capacity serves orders of higher weight or lower cost.")
        if row.outcome == Outcome.STOCK:
            return _(
                "Lawful ways exist, but what lies in their warehouses goes to orders of higher weight or lower cost."
            )
        return _("No way is lawful: %(reason)s.") % {"reason": Outcome(row.outcome).label}
    others = [choice for choice in lawful if not choice.chosen]
    if not others:
        return _("%(way)s is the only lawful way.") % {"way": chosen.name}
    best = others[0]
    if best.full:
        return _("%(way)s is chosen; every other lawful way is full.") % {"way": chosen.name}
    if best.total is None or chosen.total is None:
        return _("%(way)s is chosen: it serves the goal of the plan best.") % {"way": chosen.name}
    more = best.total - chosen.total
    return _("%(way)s is chosen. The next best, %(next)s, would cost ¥%(more)s more, scarce capacity counted.") % {
        "way": chosen.name,
        "next": best.name,
        "more": f"{more:,.2f}",
    }


def next_best(choices: list[Choice]) -> str:
    """What it would take to go the next best way."""
    chosen = next((choice for choice in choices if choice.chosen), None)
    others = [choice for choice in choices if choice.verdict == "lawful" and not choice.chosen]
    if not others:
        return ""
    best = others[0]
    values = {"way": best.name, "cost": f"{best.cost or 0:,.2f}", "hours": best.hours or 0}
    if chosen is None or chosen.cost is None or best.cost is None:
        return _("The best of the others: %(way)s, ¥%(cost)s, %(hours)s h.") % values
    more = best.cost - chosen.cost
    later = (best.hours or 0) - (chosen.hours or 0)
    values |= {"more": f"{'+' if more >= 0 else '−'}¥{abs(more):,.2f}", "later": f"{later:+d} h".replace("-", "−")}
    text = _("Next best: %(way)s, ¥%(cost)s (%(more)s), %(hours)s h (%(later)s).") % values
    return f"{text} {_('It is full.')}" if best.full else text


def old_way(choices: list[Choice]) -> str:
    """Why it does not stay where it was."""
    old = next((choice for choice in choices if choice.current), None)
    if old is None or old.chosen:
        return ""
    values = {"way": old.name, "why": old.verdict_label}
    if old.verdict != "lawful":
        return _("Not its old way: %(way)s %(why)s.") % values
    if old.full:
        return _("Not its old way: %(way)s is full.") % values
    return _("Its old way, %(way)s, is possible, but serves the plan as a whole less well.") % values


class Explaining:
    """One order against every lane into its region."""

    def __init__(self, run: RerouteRun, row: Proposal) -> None:
        self.run, self.row, self.order = run, row, row.order
        self.solved_at, self.careful = run.solved_at or clock.now(), False
        self.frozen = AffectedOrder.objects.filter(affected_set_id=run.affected_set_id, order_id=row.order_id).first()
        self.closed = lanes_closed_themselves(run.exercise)
        coming = coming_warehouses(run.exercise)
        self.shut = {code for code, usable in coming.items() if usable is None} - openable(run).keys()
        forbid = run.wishes.get("forbid", {})
        self.forbidden = {(thing, str(key)) for thing, keys in forbid.items() for key in keys}
        refused = RefusedLane.objects.filter(order_id=row.order_id, order_version=row.order_version)
        self.refused = {lane or house for lane, house in refused.values_list("lane_id", "warehouse_id")}
        self.houses = Warehouse.objects.prefetch_related("products").in_bulk()
        products = {str(line.get("product")) for line in self.order.lines}
        self.needs: Counter[str] = Counter()
        for line in self.order.lines:
            if isinstance(line.get("quantity"), (int, float)):
                self.needs[str(line.get("product"))] += ceil(line["quantity"])
        self.makers = {
            code
            for code, house in self.houses.items()
            if house.full_assortment or products <= {kept.product for kept in house.products.all()}
        }
        self.left = {
            (house, product): left for house, product, left in rows(STOCK_LEFT, run=run.pk) if product in products
        }
        self.makers -= {house for (house, _product), left in self.left.items() if not left}
        self.within_reach: set[str] = set()
        managed: dict[str, set[str]] = {}
        for code, allowed in CustomerRestriction.objects.values_list("warehouse_id", "customer_ref"):
            managed.setdefault(code, set()).add(allowed)
        self.servers = {
            code for code in self.houses if self.order.customer_ref in managed.get(code, {self.order.customer_ref})
        }

    def choices(self) -> list[Choice]:
        if self.order.collected:
            # A warehouse whose lanes lead elsewhere only is no place to fetch from.
            leading = dict(Lane.objects.values_list("warehouse_id", "region_id").filter(region=self.order.region_id))
            elsewhere = set(Lane.objects.values_list("warehouse_id", flat=True).distinct()) - set(leading)
            return self.weighed([(house, None) for code, house in self.houses.items() if code not in elsewhere])
        lanes = Lane.objects.filter(region_id=self.order.region_id, service_level=self.order.service_level)
        lanes = lanes.select_related("warehouse", "region", "carrier").prefetch_related("rates")
        return self.weighed([(self.houses[lane.warehouse_id], lane) for lane in lanes])

    def weighed(self, ways: list[tuple[Warehouse, Lane | None]]) -> list[Choice]:
        weights = weigh(self.run, self.order, ways)
        self.careful = weights.careful
        paid, beside = weights.paid.tolist(), weights.beside.T.tolist()
        hours = zip(weights.hours.tolist(), weights.sure_hours.tolist(), strict=True)
        return [
            self.choice(way, None if isnan(paid[place]) else yuan(paid[place]), beside[place], spread)
            for place, (way, spread) in enumerate(zip(ways, hours, strict=True))
        ]

    def choice(
        self,
        way: tuple[Warehouse, Lane | None],
        cost: Decimal | None,
        beside: list[float],
        spread: tuple[float, float],
    ) -> Choice:
        house, lane = way
        verdict = self.verdict(house.code, lane, cost)
        if verdict != "closed" and self.verdict_but_goods(house.code, lane, cost) == "lawful":
            self.within_reach.add(house.code)
        scarce = [self.scarcity(house.code, lane, day) for day in range(len(beside))]
        chosen = self.row.lane_id == lane.pk if lane else self.row.warehouse_id == house.code
        chosen = chosen and self.row.outcome == Outcome.ASSIGNED
        worth = [later + scarce[day] / self.run.scale for day, later in enumerate(beside)]
        day = min(self.row.day, len(beside) - 1) if chosen else worth.index(min(worth))
        current = self.frozen is not None and (
            self.frozen.lane_id == lane.pk if lane else self.frozen.warehouse_id == house.code
        )
        return Choice(
            label=house.label,
            detail=lane.carrier.label if lane else _("collected by the customer"),
            verdict=verdict,
            verdict_label=verdict_label(verdict),
            chosen=chosen,
            current=current,
            cost=cost,
            beside=yuan(beside[day]),
            # Under another goal the prices weigh hours or changes, too: they are no money.
            scarcity=Decimal(scarce[day]) / self.run.scale if self.run.goal in IN_MONEY else None,
            hours=lane.transit_hours if lane else None,
            sure_hours=lane.p90_hours if lane else None,
            arrives=self.solved_at + timedelta(days=day, hours=spread[0]),
            surely=self.solved_at + timedelta(days=day, hours=spread[1]),
            full=round((float(cost or 0) + worth[day]) * self.run.scale) >= (self.run.penalty_unit or 0) > 0,
        )

    def scarcity(self, code: str, lane: Lane | None, day: int) -> int:
        """What the certificate asks for a place on that day, in units of 1/scale."""
        prices = self.run.prices
        stock = prices.get("stock", {}).get(code, {})
        shared = sum(int(stock[product] * units) for product, units in self.needs.items() if product in stock)
        if day:
            later = prices.get("later", [])
            prices = later[day - 1] if day <= len(later) else {}
        units = shared + int(prices.get("warehouses", {}).get(code, 0))
        if lane is not None:
            units += int(prices.get("lanes", {}).get(str(lane.pk), 0))
            units += int(prices.get("carriers", {}).get(lane.carrier_id, 0))
        return units

    def verdict(self, code: str, lane: Lane | None, cost: Decimal | None) -> str:
        if code in self.shut or (lane is not None and lane.pk in self.closed):
            return "closed"
        if code not in self.makers:
            return "product"
        return self.verdict_but_goods(code, lane, cost)

    def verdict_but_goods(self, code: str, lane: Lane | None, cost: Decimal | None) -> str:
        if code not in self.servers:
            return "customer"
        if cost is None:
            return "rate"
        named = {("warehouses", code)}
        if lane is not None:
            named |= {("lanes", str(lane.pk)), ("carriers", lane.carrier_id)}
        if named & self.forbidden:
            return "forbidden"
        return "refused" if (lane.pk if lane else code) in self.refused else "lawful"

    def in_parts(self) -> str:
        """How it could leave from several warehouses, of those that `choices` found within reach."""
        if self.order.collected or self.row.outcome not in (Outcome.PRODUCT, Outcome.STOCK):
            return ""
        houses = [house for code, house in self.houses.items() if code in self.within_reach]
        return told(parts_of(self.needs, houses, self.left, self.run.prices.get("stock", {})))


def yuan(amount: float) -> Decimal:
    """Binary fractions of the solver as money, to a hundredth of a fen."""
    return Decimal(round(amount * 10_000)) / 10_000


def verdict_label(verdict: str) -> str:
    return {
        "closed": _("is closed"),
        "product": _("lacks the product"),
        "customer": _("may not serve this customer"),
        "rate": _("has no rate for this weight"),
        "forbidden": _("is forbidden by the wishes"),
        "refused": _("was refused by the order system"),
        "lawful": _("possible"),
    }[verdict]

from __future__ import annotations

from decimal import Decimal

from django.db import models


class PlanFigures(models.Model):
    """What is known of a plan for a run's orders: a run has those of its chosen option, every option those of its own.

    Figures are about the `orders` that were still open and allocated as frozen when the run was solved; `changed`
    were not. `moved` get another way than they have today. `cost_before` is what the orders that get a lane
    (`assigned`) cost where they are, as far as a rate for that is known; `compared_after` what the same ones cost
    afterwards; `cost_after` covers all that get one. On-time shares are of orders with a promise, against the first
    promise; unserved orders count as late. `crossing` are to leave from another province than today, `temporary` from
    a temporary warehouse. `opens` [{"warehouse", "orders", "day"}] are the standby warehouses that it counts on
    being opened, with their orders and the first day on which these leave.

    `objective` and `bound` are whole numbers in units of 1/`scale`: cost of the served orders plus `penalty_unit` x
    weight of each lawful order that capacity left unserved, and the certified least value of the same sum. `prices`
    {"lanes": {id: units}, "warehouses": {code: units}} is the certificate, `offered` the capacity it is about, in the
    same shape (lanes without a limit left out); `rounding` bounds what whole units hide. At most `could_serve` of the
    lawful orders left unserved could be served by any plan; None where that was not looked at.
    """

    orders = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    moved = models.PositiveIntegerField(default=0)
    assigned = models.PositiveIntegerField(default=0)
    crossing = models.PositiveIntegerField(default=0)
    temporary = models.PositiveIntegerField(default=0)
    opens = models.JSONField(default=list, db_default=[])
    by_reason = models.JSONField(default=dict)
    cost_before = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    compared_after = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    cost_after = models.DecimalField(max_digits=20, decimal_places=6, null=True, blank=True)
    on_time_before = models.FloatField(null=True, blank=True)
    on_time_after = models.FloatField(null=True, blank=True)
    objective = models.BigIntegerField(null=True, blank=True)
    bound = models.BigIntegerField(null=True, blank=True)
    scale = models.PositiveIntegerField(default=1)
    penalty_unit = models.BigIntegerField(null=True, blank=True)
    gap = models.FloatField(null=True, blank=True)
    rounding = models.DecimalField(max_digits=14, decimal_places=6, null=True, blank=True)
    exact = models.BooleanField(default=True)
    could_serve = models.PositiveIntegerField(null=True, blank=True)
    classes = models.PositiveIntegerField(default=0)
    arcs = models.PositiveIntegerField(default=0)
    prices = models.JSONField(default=dict)
    offered = models.JSONField(default=dict)
    seconds = models.JSONField(default=dict)

    class Meta:
        abstract = True

    @property
    def unroutable(self) -> int:
        """Orders that get no lane, for whatever reason."""
        return self.orders - self.assigned

    @property
    def cost_change(self) -> Decimal | None:
        """Change of cost as a share, over the orders whose cost today is known."""
        if not self.cost_before or self.compared_after is None:
            return None
        return self.compared_after / self.cost_before - 1

    def costs_more_than(self, cap: Decimal | None) -> bool:
        return cap is not None and self.cost_change is not None and self.cost_change > cap


FIGURES = tuple(field.name for field in PlanFigures._meta.local_fields)

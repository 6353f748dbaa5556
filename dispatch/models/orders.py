"""Orders as the order system tells us of them, their parcels, and how many were delivered in each hour."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Right
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dispatch.models.decimals import ExactDecimalField
from dispatch.models.network import Carrier, Lane, Region, Warehouse


class OrderState(models.TextChoices):
    OPEN = "open", pgettext_lazy("order", "open")
    DISPATCHED = "dispatched", _("dispatched")
    DELIVERED = "delivered", _("delivered")
    CANCELLED = "cancelled", _("cancelled")
    HELD = "held", pgettext_lazy("order", "held")


# Where an order may go from each state; staying is always allowed. A dispatched order may be called back to the
# warehouse, and versions in between may be late, so that only what is over cannot move on. An open order that has a
# warehouse is called allocated; that is never stored. A held one is not dispatched, nor rerouted, until it is open
# again. Orders move in bulk: every statement that moves them says so in its WHERE.
MOVING = (OrderState.OPEN, OrderState.DISPATCHED, OrderState.HELD)
ORDER_MOVES: dict[str, frozenset[str]] = {
    **{state: frozenset(OrderState) - {state} for state in MOVING},
    OrderState.DELIVERED: frozenset(),
    OrderState.CANCELLED: frozenset(),
}


class Order(models.Model):
    """One customer order. `version` is the order system's: only a higher one changes the row.

    `region` is where it goes; `warehouse`, `lane` and `carrier` are its current allocation. `lines` is
    [{"product": "1700106", "quantity": 808}, …], `quantity` their units together, `weight` kg of the whole order.
    `priority` 0 is ordinary, a higher one is served first (medical, fresh). `collected`: the customer's own carrier
    fetches it, so that it needs no lane and costs no freight. `first_promise_at` is the promise it was accepted with,
    against which on-time figures are measured; `promise_at` the latest one. `planned_on` is the day on which a reroute
    lets it leave, None as soon as possible. `value` is what it is worth in yuan, where that is known. Name, phone and
    e-mail are personal data.

    What a row of the order system leaves out keeps its value, so each such part has a version of its own: that of the
    row which gave it, None when that is `version`. With them, rows may come in any sequence. A `dispatched_version`
    below 0 marks a time that was assumed because none was sent.
    """

    external_id = models.CharField(max_length=64)
    version = models.BigIntegerField()
    state = models.CharField(max_length=12, choices=OrderState, default=OrderState.OPEN)
    # Reroutes change the allocation of very many rows at once: no index on it, so that the updates stay in the page.
    region = models.ForeignKey(Region, on_delete=models.PROTECT, related_name="orders", db_index=False)
    warehouse = models.ForeignKey(
        Warehouse, on_delete=models.PROTECT, null=True, blank=True, related_name="orders", db_index=False
    )
    lane = models.ForeignKey(
        Lane, on_delete=models.PROTECT, null=True, blank=True, related_name="orders", db_index=False
    )
    carrier = models.ForeignKey(
        Carrier, on_delete=models.PROTECT, null=True, blank=True, related_name="orders", db_index=False
    )
    service_level = models.CharField(max_length=16)
    weight = ExactDecimalField(default=0)
    quantity = models.PositiveIntegerField(default=1)
    lines = models.JSONField(default=list, blank=True)
    priority = models.SmallIntegerField(default=0)
    collected = models.BooleanField(default=False)
    ordered_at = models.DateTimeField(null=True, blank=True)
    promise_at = models.DateTimeField(null=True, blank=True)
    first_promise_at = models.DateTimeField(null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    planned_on = models.DateField(null=True, blank=True)
    value = ExactDecimalField(null=True, blank=True)
    details_version = models.BigIntegerField(null=True, blank=True)
    allocation_version = models.BigIntegerField(null=True, blank=True)
    state_version = models.BigIntegerField(null=True, blank=True)
    promise_version = models.BigIntegerField(null=True, blank=True)
    first_promise_version = models.BigIntegerField(null=True, blank=True)
    dispatched_version = models.BigIntegerField(null=True, blank=True)
    customer_ref = models.CharField(max_length=64, blank=True)
    customer_name = models.CharField(max_length=120, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    email = models.CharField(max_length=254, blank=True)
    language = models.CharField(max_length=10, default="zh-hans")
    received_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["region"], condition=Q(state=OrderState.OPEN), name="open_order_by_region"),
            # Lists are walked newest first; these hold only what a list of that state may show.
            models.Index(fields=["id"], condition=Q(state=OrderState.OPEN), name="open_order_by_id"),
            models.Index(fields=["id"], condition=Q(state=OrderState.HELD), name="held_order_by_id"),
            models.Index(fields=["promise_at"], condition=Q(state=OrderState.OPEN), name="open_order_by_promise"),
            # What left today.
            models.Index(
                fields=["dispatched_at"],
                condition=Q(state__in=(OrderState.DISPATCHED, OrderState.DELIVERED)),
                name="order_by_dispatch",
            ),
            models.Index(Right("phone", 4), name="order_by_phone_suffix", condition=~Q(phone="")),
        ]
        constraints: ClassVar = [
            # Not unique=True on the field, which would add a second index that every intake pays for.
            models.UniqueConstraint(fields=["external_id"], name="one_order_per_external_id"),
            models.CheckConstraint(condition=Q(state__in=OrderState.values), name="order_state_is_known"),
            models.CheckConstraint(condition=Q(weight__gte=0), name="order_weight_is_not_negative"),
            models.CheckConstraint(condition=Q(value=None) | Q(value__gte=0), name="order_value_is_not_negative"),
            models.CheckConstraint(
                condition=~Q(state=OrderState.DELIVERED) | Q(delivered_at__isnull=False),
                name="delivered_order_has_its_time",
            ),
        ]

    def __str__(self) -> str:
        return self.external_id


class ParcelState(models.TextChoices):
    PACKED = "packed", _("packed")
    IN_TRANSIT = "in_transit", _("in transit")
    DELIVERED = "delivered", _("delivered")
    RETURNED = "returned", _("returned")
    LOST = "lost", _("lost")


class Parcel(models.Model):
    """One shipment of an order that was split; an order that leaves as a whole needs none.

    The order system sends all parcels of an order together; `version` is that of the row that brought this one.
    `number` is the waybill's, `wave` the warehouse's dispatch wave. `lines`, `weight` and `quantity` are the share of
    the order that is in it.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="parcels", db_index=False)
    number = models.CharField(max_length=64)
    version = models.BigIntegerField()
    state = models.CharField(max_length=12, choices=ParcelState, default=ParcelState.PACKED)
    wave = models.CharField(max_length=32, blank=True)
    warehouse = models.ForeignKey(Warehouse, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    lane = models.ForeignKey(Lane, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    carrier = models.ForeignKey(Carrier, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    weight = ExactDecimalField(default=0)
    quantity = models.PositiveIntegerField(default=1)
    lines = models.JSONField(default=list, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    expected_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["order_id", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "number"], name="one_parcel_per_order_and_number"),
            models.CheckConstraint(condition=Q(state__in=ParcelState.values), name="parcel_state_is_known"),
            models.CheckConstraint(condition=Q(weight__gte=0), name="parcel_weight_is_not_negative"),
        ]

    def __str__(self) -> str:
        return self.number


class HourlyThroughput(models.Model):
    """Orders delivered in the hour that begins at `hour`; an exercise has rows of its own."""

    hour = models.DateTimeField()
    orders = models.IntegerField(default=0)
    exercise = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["hour"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["hour", "exercise"], nulls_distinct=False, name="one_throughput_row_per_hour"
            ),
            models.CheckConstraint(condition=Q(orders__gte=0), name="throughput_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H:00}: {self.orders}"

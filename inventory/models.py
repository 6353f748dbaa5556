"""Emergency supplies and equipment: what there is, where, and every movement that made it so."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.naming import Named, in_language


class Category(models.TextChoices):
    POWER = "power", _("Power")
    COMMUNICATIONS = "communications", _("Communications")
    SORTING = "sorting", _("Scanning and labels")
    VEHICLES = "vehicles", _("Vehicles")
    PACKING = "packing", _("Packing")
    COLD_CHAIN = "cold_chain", _("Cold chain")
    FLOOD = "flood", _("Flood")
    WINTER = "winter", _("Snow and ice")
    FIRE = "fire", _("Fire and lighting")
    MEDICAL = "medical", _("Medical")
    HYGIENE = "hygiene", _("Hygiene")
    TRAFFIC = "traffic", _("Traffic and rain")
    FOOD = "food", _("Food and water")


class Item(Named):
    """A kind of thing that is kept for emergencies. `whole` things are counted, others measured.

    `default_par` is what a warehouse is equipped with; `check_days` how often it is looked at, as `check_note` tells.
    """

    code = models.CharField(max_length=32, unique=True)
    unit = models.CharField(max_length=12)
    unit_en = models.CharField(max_length=20, blank=True)
    category = models.CharField(max_length=16, choices=Category)
    whole = models.BooleanField(default=True)
    perishable = models.BooleanField(default=False)
    default_par = models.DecimalField(max_digits=12, decimal_places=3, default=0)
    check_days = models.PositiveIntegerField(default=90)
    check_note = models.CharField(max_length=120, blank=True)
    check_note_en = models.CharField(max_length=120, blank=True)
    rank = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["rank", "code"]

    @property
    def unit_label(self) -> str:
        return in_language(self.unit, self.unit_en)

    @property
    def check_label(self) -> str:
        return in_language(self.check_note, self.check_note_en)


class Stock(models.Model):
    """What one warehouse holds of one item, and how much it should hold (`par`).

    The row is the balance of its ledger and the lock of every movement. Real stock only: an exercise never changes it.
    """

    warehouse_code = models.CharField(max_length=32)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="stocks")
    quantity = models.DecimalField(max_digits=12, decimal_places=3, default=0)
    par = models.DecimalField(max_digits=12, decimal_places=3, default=0)
    location = models.CharField(max_length=40, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["warehouse_code", "item__rank"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["warehouse_code", "item"], name="one_stock_per_warehouse_and_item"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="stock_is_never_negative"),
            models.CheckConstraint(condition=Q(par__gte=0), name="par_is_never_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.warehouse_code} {self.item_id}: {self.quantity}"

    @property
    def missing(self) -> Decimal:
        return max(self.par - self.quantity, Decimal(0))

    @property
    def check_due_at(self) -> datetime | None:
        """When the item's next check is due here; None while nobody has ever counted it: at once."""
        return self.checked_at + timedelta(days=self.item.check_days) if self.checked_at else None


class Kind(models.TextChoices):
    """What a movement does to the stock."""

    RECEIVE = "receive", pgettext_lazy("stock", "Receive")
    ISSUE = "issue", pgettext_lazy("stock", "Issue")
    RETURN = "return", pgettext_lazy("stock", "Return")
    COUNT = "count", pgettext_lazy("stock", "Count")
    WRITE_OFF = "write_off", _("Write off")
    REVERSAL = "reversal", pgettext_lazy("stock", "Undo")


class SupplyIssue(models.Model):
    """One call for supplies on behalf of a reference: what was asked, what was handed out. Idempotent by `key`.

    `makes_up` marks a call for what earlier calls of the reference lacked: it adds no demand of its own.
    """

    key = models.CharField(max_length=100, unique=True)
    reference = models.CharField(max_length=64)
    exercise = models.BigIntegerField(null=True, blank=True)
    requested_by = models.CharField(max_length=64)
    requested_at = models.DateTimeField()
    makes_up = models.BooleanField(default=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["reference", "id"], name="issue_by_reference")]

    def __str__(self) -> str:
        return f"issue {self.pk} for {self.reference}"


class SupplyLine(models.Model):
    """One line of a SupplyIssue; `asked` − `issued` is the shortage."""

    issue = models.ForeignKey(SupplyIssue, on_delete=models.PROTECT, related_name="lines")
    item = models.ForeignKey(Item, on_delete=models.PROTECT)
    warehouse_code = models.CharField(max_length=32)
    asked = models.DecimalField(max_digits=12, decimal_places=3)
    issued = models.DecimalField(max_digits=12, decimal_places=3)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(issued__gte=0) & Q(issued__lte=models.F("asked")), name="no_more_issued_than_asked"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item_id}: {self.issued}/{self.asked}"


class Movement(models.Model):
    """One line of the ledger. The database refuses to change or delete it; a mistake is undone by a reversal.

    `delta` is what it added to the stock (negative when it took away), `quantity` what the person entered, `after`
    the balance it left as the one who logged it saw it. A movement of an exercise never posts to real stock.
    """

    key = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="movements")
    warehouse_code = models.CharField(max_length=32)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    delta = models.DecimalField(max_digits=12, decimal_places=3)
    after = models.DecimalField(max_digits=12, decimal_places=3)
    reference = models.CharField(max_length=64, blank=True)
    exercise = models.BigIntegerField(null=True, blank=True)
    reverses = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversals")
    supply_line = models.ForeignKey(SupplyLine, on_delete=models.PROTECT, null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    actor = models.CharField(max_length=64)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    fresh = False  # true on the instance of the call that booked it

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["warehouse_code", "item", "-id"], name="movement_by_stock"),
            models.Index(fields=["reference", "id"], name="movement_by_reference", condition=~Q(reference="")),
            models.Index(
                fields=["exercise", "warehouse_code"], name="movement_by_exercise", condition=Q(exercise__isnull=False)
            ),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["reverses"], name="one_reversal_per_movement"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="movement_quantity_is_never_negative"),
            models.CheckConstraint(
                condition=(Q(kind="reversal") & Q(reverses__isnull=False))
                | (~Q(kind="reversal") & Q(reverses__isnull=True)),
                name="only_a_reversal_reverses",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.delta:+} {self.item_id} at {self.warehouse_code}"

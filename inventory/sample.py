"""The sample organisation's stock: every warehouse equipped, most at par, some not; the same each time."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

from django.db import transaction

from accounts.actors import SYSTEM
from inventory.models import Kind, Movement, Stock
from inventory.operations import equip_warehouses
from journal import clock

SEED = 20190810
ZONES = ["A", "B", "C", "D"]


@transaction.atomic
def load() -> None:
    """Equip all warehouses and book an opening receipt for each stock row that has no movement yet."""
    equip_warehouses(by=SYSTEM)
    chance = random.Random(SEED)
    moment = clock.now()
    booked = set(Movement.objects.values_list("warehouse_code", "item_id"))
    rows = [
        row
        for row in Stock.objects.select_related("item").order_by("warehouse_code", "item__rank")
        if (row.warehouse_code, row.item_id) not in booked
    ]
    movements = []
    for row in rows:
        quantity = opening(row.par, chance)
        received = moment - timedelta(days=chance.randint(60, 300))
        row.quantity = quantity
        row.location = f"{chance.choice(ZONES)}-{chance.randint(1, 12):02}-{chance.randint(1, 4)}"
        # About one stock in eight is overdue for its check.
        row.checked_at = moment - timedelta(days=row.item.check_days * chance.uniform(0.05, 1.12))
        if row.item.perishable:
            row.expires_on = (moment + timedelta(days=chance.randint(-10, 500))).date()
        if quantity:
            movements.append(
                Movement(
                    key=f"opening:{row.warehouse_code}:{row.item.code}",
                    kind=Kind.RECEIVE,
                    item=row.item,
                    warehouse_code=row.warehouse_code,
                    quantity=quantity,
                    delta=quantity,
                    after=quantity,
                    actor=str(SYSTEM),
                    occurred_at=received,
                    recorded_at=moment,
                )
            )
    Stock.objects.bulk_create(
        rows,
        update_conflicts=True,  # They are there: this spares a CASE per row and column.
        unique_fields=["id"],
        update_fields=["quantity", "location", "checked_at", "expires_on"],
    )
    Movement.objects.bulk_create(movements, batch_size=500)


def opening(par: Decimal, chance: random.Random) -> Decimal:
    """Nine rows in ten hold at least their par; the others lack up to two fifths of it."""
    if chance.random() < 0.9:
        return par + int(par * Decimal(chance.choice([0, 0, 0, 1, 2])) / 10)
    return Decimal(int(par * Decimal(chance.randint(60, 95)) / 100))

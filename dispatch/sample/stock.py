"""What lies where, of the two products that run short first when medical goods have to be sent from elsewhere."""

from __future__ import annotations

from dispatch.models import Stock, Warehouse
from dispatch.sample.network import MEDICAL
from journal.clock import now

SCARCE = MEDICAL[:2]
# Units by warehouse, over and over: most have some, a few hardly any.
UNITS = (6, 14, 3, 9, 20)


def load_stock() -> None:
    """Enter how many units of the scarce products each warehouse has to give; of all others nobody knows."""
    codes = Warehouse.objects.order_by("code").values_list("code", flat=True)
    Stock.objects.bulk_create(
        Stock(
            warehouse_id=code,
            product=product,
            quantity=UNITS[(place + 2 * number) % len(UNITS)],
            version=1,
            updated_at=now(),
        )
        for place, code in enumerate(codes)
        for number, product in enumerate(SCARCE)
    )

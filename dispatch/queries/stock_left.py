"""What warehouses have left to give, beside what approved runs hold of it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from dispatch.models import RerouteRun

# What an order o consists of; what has no number of units is asked for by nobody.
LINES = """CROSS JOIN LATERAL jsonb_array_elements(CASE jsonb_typeof(o.lines) WHEN 'array' THEN o.lines ELSE '[]' END)
    AS line"""
UNITS = "ceil((line->>'quantity')::numeric)::bigint"
COUNTED = "jsonb_typeof(line->'quantity') = 'number'"
# Of every product whose stock is known; %(run)s: whose own reservations do not count.
STOCK_LEFT = """
SELECT s.warehouse_id, s.product, greatest(least(s.quantity, 1::bigint << 40) - coalesce(held.units, 0), 0)::bigint
FROM dispatch_stock s LEFT JOIN (
    SELECT warehouse_id, product, sum(units) AS units FROM dispatch_stockreservation
    WHERE released_at IS NULL AND run_id <> %(run)s GROUP BY 1, 2
) held USING (warehouse_id, product)
"""
SHORT = """
SELECT s.warehouse_id, s.product, mine.units::bigint, (s.quantity - coalesce(held.units, 0))::bigint,
    coalesce(held.runs, '{}')
FROM (
    SELECT warehouse_id, product, sum(units) AS units FROM dispatch_stockreservation
    WHERE run_id = %(run)s GROUP BY 1, 2
) mine JOIN dispatch_stock s USING (warehouse_id, product)
LEFT JOIN (
    SELECT warehouse_id, product, sum(units) AS units, array_agg(DISTINCT run_id) AS runs FROM dispatch_stockreservation
    WHERE released_at IS NULL AND run_id <> %(run)s GROUP BY 1, 2
) held USING (warehouse_id, product)
WHERE mine.units > s.quantity - coalesce(held.units, 0) ORDER BY 1, 2
"""


@dataclass(frozen=True)
class StockShortage:
    """A product of which a warehouse has not what a plan takes. `left` is what approved `runs` leave of it."""

    warehouse: str
    product: str
    need: int
    left: int
    runs: list[int]
    lane: None = None


def stock_shortages(run: RerouteRun) -> list[StockShortage]:
    """Where what a run has reserved does not lie any more, or is held by others."""
    with connection.cursor() as cursor:
        cursor.execute(SHORT, {"run": run.pk})
        return [StockShortage(*row) for row in cursor.fetchall()]

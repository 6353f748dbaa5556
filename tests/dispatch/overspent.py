"""An independent look at what is spent: no code of the product, only SQL over its tables."""

from __future__ import annotations

from django.db import connection

LANES = """
WITH spent AS (
    SELECT lane_id, count(*) AS orders FROM dispatch_order WHERE state = 'open' AND lane_id IS NOT NULL GROUP BY lane_id
    UNION ALL
    SELECT lane_id, sum(orders) FROM dispatch_capacityreservation
    WHERE released_at IS NULL AND lane_id IS NOT NULL GROUP BY lane_id
)
SELECT 'lane ' || l.id, sum(s.orders), l.daily_capacity FROM spent s JOIN dispatch_lane l ON l.id = s.lane_id
WHERE l.id NOT IN (SELECT lane_id FROM dispatch_laneclosure WHERE opened_at IS NULL)
GROUP BY l.id HAVING sum(s.orders) > l.daily_capacity
"""
HOUSES = """
WITH spent AS (
    SELECT warehouse_id, count(*) AS orders FROM dispatch_order
    WHERE state = 'open' AND warehouse_id IS NOT NULL GROUP BY warehouse_id
    UNION ALL
    SELECT warehouse_id, sum(orders) FROM dispatch_capacityreservation
    WHERE released_at IS NULL AND warehouse_id IS NOT NULL GROUP BY warehouse_id
)
SELECT 'warehouse ' || w.code, sum(s.orders), w.daily_capacity
FROM spent s JOIN dispatch_warehouse w ON w.code = s.warehouse_id
WHERE EXISTS (SELECT 1 FROM dispatch_assignment a WHERE a.warehouse_id = w.code AND a.kind <> 'rollback')
GROUP BY w.code HAVING sum(s.orders) > w.daily_capacity
"""
TWICE = """
SELECT 'order ' || a.order_id, count(*), 1 FROM (
    SELECT DISTINCT ON (order_id) order_id, lane_id, warehouse_id FROM dispatch_assignment
    WHERE exercise IS NULL ORDER BY order_id, id DESC
) a JOIN dispatch_order o ON o.id = a.order_id
WHERE o.state = 'open' AND o.updated_at = (SELECT max(made_at) FROM dispatch_assignment m WHERE m.order_id = o.id)
    AND (a.lane_id IS DISTINCT FROM o.lane_id OR a.warehouse_id IS DISTINCT FROM o.warehouse_id)
GROUP BY a.order_id
"""
HALF_WAVES = """
SELECT 'wave ' || w.run_id || '/' || w.number, count(a.id), w.applied FROM dispatch_reroutewave w
LEFT JOIN dispatch_assignment a ON a.run_id = w.run_id AND a.wave = w.number AND a.kind <> 'rollback'
GROUP BY w.run_id, w.number, w.applied, w.skipped, w.orders, w.state
HAVING count(a.id) <> w.applied
    OR w.state IN ('applied', 'rolled_back') AND w.applied + w.skipped <> w.orders
    OR w.state NOT IN ('applied', 'rolled_back') AND count(a.id) > 0
"""


def overspent() -> list[tuple[str, int, int]]:
    """Lanes and warehouses that took more than a day's capacity, orders that are not where their last assignment says,
    and waves that are applied in part."""
    found = []
    with connection.cursor() as cursor:
        for query in (LANES, HOUSES, TWICE, HALF_WAVES):
            cursor.execute(query)
            found += cursor.fetchall()
    return found

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
# Units that orders took with them to a warehouse since it told what it has, and what is held for others.
STOCK = """
WITH asked AS (
    SELECT o.id, o.state, o.warehouse_id, line->>'product' AS product, (line->>'quantity')::numeric AS units
    FROM dispatch_order o, jsonb_array_elements(o.lines) line
), spent AS (
    SELECT q.warehouse_id, q.product, sum(q.units) AS units FROM asked q
    JOIN dispatch_stock s ON s.warehouse_id = q.warehouse_id AND s.product = q.product
    WHERE EXISTS (
        SELECT 1 FROM dispatch_assignment a
        JOIN dispatch_rerouterun r ON r.id = a.run_id
        JOIN dispatch_affectedorder f ON f.affected_set_id = r.affected_set_id AND f.order_id = a.order_id
        WHERE a.order_id = q.id AND a.exercise IS NULL AND a.warehouse_id = q.warehouse_id AND a.kind <> 'rollback'
            AND f.warehouse_id <> a.warehouse_id AND a.made_at > s.updated_at
    ) GROUP BY 1, 2
    UNION ALL
    SELECT warehouse_id, product, sum(units) FROM dispatch_stockreservation
    WHERE released_at IS NULL AND used_position IS NULL GROUP BY 1, 2
)
SELECT s.product || ' in ' || s.warehouse_id, sum(spent.units), s.quantity
FROM spent JOIN dispatch_stock s USING (warehouse_id, product)
GROUP BY s.warehouse_id, s.product, s.quantity HAVING sum(spent.units) > s.quantity
"""


def overspent() -> list[tuple[str, int, int]]:
    """Lanes and warehouses that took more than a day's capacity, products of which more was taken than lay there,
    orders that are not where their last assignment says, and waves that are applied in part."""
    found = []
    with connection.cursor() as cursor:
        for query in (LANES, HOUSES, STOCK, TWICE, HALF_WAVES):
            cursor.execute(query)
            found += cursor.fetchall()
    return found

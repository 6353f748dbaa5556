"""The statements that read what a reroute has to solve."""

from __future__ import annotations

from dispatch.queries.rooms import LANE_RISKS, WAREHOUSE_ROOMS
from dispatch.queries.stock_left import COUNTED, LINES, UNITS

# Kilometres between the warehouse and the region as the crow flies (a degree is 111 km), and kg CO2e per kg and km by
# mode: of the order of the defaults of the GLEC framework (road 100 g a tonne-kilometre, air 800, rail 25, sea 12).
DISTANCE = """(111 * sqrt((house.lat - region.lat) ^ 2
    + ((house.lon - region.lon) * cos(radians((house.lat + region.lat) / 2))) ^ 2))"""
CARBON = "(CASE l.mode WHEN 'air' THEN 0.0008 WHEN 'rail' THEN 0.000025 WHEN 'sea' THEN 0.000012 ELSE 0.0001 END)"
WAREHOUSES = f"""
SELECT w.code, coalesce(r.room, 0), w.unit_cost::float8, w.full_assortment, coalesce(left(w.region_id, 2), ''),
    w.kind = 'temporary'
FROM dispatch_warehouse w LEFT JOIN ({WAREHOUSE_ROOMS}) r ON r.warehouse_id = w.code ORDER BY w.code
"""
PRODUCTS = "SELECT warehouse_id, product FROM dispatch_warehouseproduct"
RESTRICTIONS = "SELECT warehouse_id, customer_ref FROM dispatch_customerrestriction"
REGIONS = "SELECT code, core FROM dispatch_region ORDER BY code"
SERVICES = "SELECT DISTINCT service_level FROM dispatch_lane ORDER BY service_level"
CARRIERS = "SELECT code FROM dispatch_carrier ORDER BY code"
LANES = f"""
SELECT l.id, w.n::int4 - 1, r.n::int4 - 1, s.n::int4 - 1, c.n::int4 - 1,
    l.transit_hours::float8, coalesce(extract(epoch FROM l.cutoff), -1)::float8, risks.risk::float8,
    coalesce({DISTANCE} * {CARBON}, 0)::float8, coalesce(l.p90_hours, l.transit_hours)::float8
FROM dispatch_lane l JOIN ({LANE_RISKS}) risks ON risks.lane_id = l.id
JOIN dispatch_warehouse house ON house.code = l.warehouse_id JOIN dispatch_region region ON region.code = l.region_id
JOIN unnest(%(warehouses)s::varchar[]) WITH ORDINALITY AS w(code, n) ON w.code = l.warehouse_id
JOIN unnest(%(regions)s::varchar[]) WITH ORDINALITY AS r(code, n) ON r.code = l.region_id
JOIN unnest(%(services)s::varchar[]) WITH ORDINALITY AS s(code, n) ON s.code = l.service_level
JOIN unnest(%(carriers)s::varchar[]) WITH ORDINALITY AS c(code, n) ON c.code = l.carrier_id
ORDER BY l.id
"""
RATES = """
SELECT lane_id, min_weight::float8, coalesce(max_weight::float8, 'Infinity'), minimum::float8, rate::float8
FROM dispatch_lanerate ORDER BY lane_id, id
"""
TO_SOLVE = """
FROM dispatch_affectedorder a JOIN dispatch_order o ON o.id = a.order_id
    AND o.warehouse_id IS NOT DISTINCT FROM a.warehouse_id AND o.lane_id IS NOT DISTINCT FROM a.lane_id
"""
GOODS = """
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(DISTINCT line->>'product' ORDER BY line->>'product'), '{}') AS products
    FROM jsonb_array_elements(CASE jsonb_typeof(o.lines) WHEN 'array' THEN o.lines ELSE '[]' END) line
) goods
"""
WANTED = "WHERE a.affected_set_id = %(set)s AND o.state = 'open' AND NOT a.in_transit"
BASKETS = f"SELECT DISTINCT products {TO_SOLVE} {GOODS}"
ORDERS = """
SELECT o.id, o.version, r.n::int4 - 1, coalesce(s.n, 0)::int4 - 1, o.collected, o.weight::float8, o.quantity::float8,
    o.priority::int4, {basket}, coalesce(c.n, 0)::int4, coalesce(o.lane_id, -1), coalesce(w.n, 0)::int4 - 1,
    coalesce(date_part('epoch', coalesce(o.first_promise_at, o.promise_at) - %(now)s) / 3600, 'Infinity'),
    least(greatest(coalesce(o.planned_on - %(today)s::date, 0), 0), 32000)::int2
{to_solve} {goods}
JOIN unnest(%(regions)s::varchar[]) WITH ORDINALITY AS r(code, n) ON r.code = o.region_id
LEFT JOIN unnest(%(services)s::varchar[]) WITH ORDINALITY AS s(code, n) ON s.code = o.service_level
LEFT JOIN unnest(%(customers)s::varchar[]) WITH ORDINALITY AS c(ref, n) ON c.ref = o.customer_ref
LEFT JOIN unnest(%(warehouses)s::varchar[]) WITH ORDINALITY AS w(code, n) ON w.code = o.warehouse_id
{wanted} ORDER BY o.id
"""
STOCKED_LINES = f"""
SELECT o.id, p.n::int4 - 1, {UNITS}
{TO_SOLVE}
{LINES}
JOIN unnest(%(products)s::varchar[]) WITH ORDINALITY AS p(product, n) ON p.product = line->>'product'
{WANTED} AND {COUNTED}
"""
JOIN_BASKET = """
JOIN jsonb_array_elements(%(baskets)s::jsonb) WITH ORDINALITY AS b(products, n) ON b.products = to_jsonb(goods.products)
"""

"""The one definition of what cannot be used now, of what there is room for, and of what is at risk.

`ex` is an exercise's number, or NULL for the real network; an exercise sees the real rows and its own.
"""

from django.db import migrations

BARRED_WAREHOUSES = """
CREATE FUNCTION dispatch_barred_warehouses(ex bigint) RETURNS TABLE (
    warehouse_id varchar, why text, reference varchar, exercise bigint, closed_at timestamptz, cause varchar,
    source varchar, expected_until timestamptz
) LANGUAGE sql STABLE AS $$
    SELECT c.warehouse_id, 'closed', c.reference, c.exercise, c.closed_at, c.cause, c.source, c.expected_until
    FROM dispatch_warehouseclosure c
    WHERE c.opened_at IS NULL AND (c.exercise IS NULL OR c.exercise = ex)
    UNION ALL
    SELECT w.code, CASE WHEN w.retired_at IS NOT NULL THEN 'retired' WHEN o.id IS NULL THEN 'standby' ELSE 'opening' END,
        coalesce(o.reference, ''), o.exercise, coalesce(w.retired_at, o.opened_at), '', '', o.usable_from
    FROM dispatch_warehouse w
    LEFT JOIN dispatch_warehouseopening o ON o.warehouse_id = w.code AND o.ended_at IS NULL
        AND (o.exercise IS NULL OR o.exercise = ex) AND (o.until IS NULL OR o.until > (SELECT fenghuo_now()))
    WHERE w.retired_at IS NOT NULL OR (w.standby AND NOT EXISTS (
        SELECT 1 FROM dispatch_warehouseopening u
        WHERE u.warehouse_id = w.code AND u.ended_at IS NULL AND (u.exercise IS NULL OR u.exercise = ex)
            AND u.usable_from <= (SELECT fenghuo_now()) AND (u.until IS NULL OR u.until > (SELECT fenghuo_now()))
    ))
$$
"""
BARRED_LANES = """
CREATE FUNCTION dispatch_barred_lanes(ex bigint) RETURNS TABLE (
    lane_id bigint, why text, thing varchar, reference varchar, exercise bigint, closed_at timestamptz, cause varchar,
    source varchar, expected_until timestamptz
) LANGUAGE sql STABLE AS $$
    SELECT c.lane_id, 'closed', ''::varchar, c.reference, c.exercise, c.closed_at, c.cause, c.source, c.expected_until
    FROM dispatch_laneclosure c
    WHERE c.opened_at IS NULL AND (c.exercise IS NULL OR c.exercise = ex)
    UNION ALL
    SELECT g.lane_id, 'hub', h.hub_id, h.reference, h.exercise, h.closed_at, h.cause, h.source, h.expected_until
    FROM dispatch_hubclosure h JOIN dispatch_laneleg g ON g.hub_id = h.hub_id
    WHERE h.opened_at IS NULL AND (h.exercise IS NULL OR h.exercise = ex)
    UNION ALL
    SELECT g.lane_id, 'hub', h.hub_id, h.reference, h.exercise, h.closed_at, h.cause, h.source, h.expected_until
    FROM dispatch_hubclosure h JOIN dispatch_laneleg g ON g.road_id = h.hub_id
    WHERE h.opened_at IS NULL AND (h.exercise IS NULL OR h.exercise = ex)
    UNION ALL
    SELECT l.id, 'warehouse', w.warehouse_id, w.reference, w.exercise, w.closed_at, w.cause, w.source, w.expected_until
    FROM dispatch_barred_warehouses(ex) w JOIN dispatch_lane l ON l.warehouse_id = w.warehouse_id
    UNION ALL
    SELECT l.id, 'retired', '', '', NULL, l.retired_at, '', '', NULL FROM dispatch_lane l WHERE l.retired_at IS NOT NULL
$$
"""
# Shares of a contract are cut so that they add up to it exactly: the difference of two cumulative sums, rounded down.
LANE_ROOMS = """
CREATE FUNCTION dispatch_lane_rooms(on_day date) RETURNS TABLE (
    lane_id bigint, guaranteed bigint, surge bigint, surge_price numeric, contract varchar
) LANGUAGE sql STABLE AS $$
    WITH RECURSIVE inside (region, ancestor, far) AS (
        SELECT code, code, 0 FROM dispatch_region
        UNION ALL SELECT i.region, r.parent_id, i.far + 1 FROM inside i JOIN dispatch_region r ON r.code = i.ancestor
        WHERE r.parent_id IS NOT NULL
    ), covered AS (
        SELECT DISTINCT ON (l.id) l.id, l.daily_capacity, c.number, c.guaranteed, c.surge, c.surge_price
        FROM dispatch_carriercontract c
        JOIN dispatch_lane l ON l.carrier_id = c.carrier_id AND l.retired_at IS NULL
            AND (c.warehouse_id IS NULL OR c.warehouse_id = l.warehouse_id)
            AND (c.service_level = '' OR c.service_level = l.service_level)
        LEFT JOIN inside i ON i.region = l.region_id AND i.ancestor = c.region_id
        WHERE c.retired_at IS NULL AND c.valid_from <= on_day AND (c.valid_until IS NULL OR c.valid_until >= on_day)
            AND (c.region_id IS NULL OR i.region IS NOT NULL)
        ORDER BY l.id, c.warehouse_id IS NULL, i.far NULLS LAST, c.service_level = '', c.number
    ), weighed AS (
        SELECT *, coalesce(daily_capacity, greatest(1, c.guaranteed / count(*) OVER (PARTITION BY number)))::numeric AS weight
        FROM covered c
    ), summed AS (
        SELECT *, sum(weight) OVER (PARTITION BY number) AS whole,
            sum(weight) OVER (PARTITION BY number ORDER BY id) AS upto
        FROM weighed
    ), cut AS (
        SELECT id, number, surge_price,
            div(least(guaranteed, whole) * upto, whole) - div(least(guaranteed, whole) * (upto - weight), whole) AS own,
            div(surge * upto, whole) - div(surge * (upto - weight), whole) AS extra
        FROM summed WHERE whole > 0
    )
    SELECT l.id, floor(CASE WHEN c.id IS NULL THEN l.daily_capacity ELSE c.own END * l.running_share)::bigint,
        floor(coalesce(c.extra, 0) * l.running_share)::bigint, coalesce(c.surge_price, 0), c.number
    FROM dispatch_lane l LEFT JOIN cut c ON c.id = l.id
    WHERE l.retired_at IS NULL
$$
"""
WAREHOUSE_ROOMS = """
CREATE FUNCTION dispatch_warehouse_rooms(ex bigint) RETURNS TABLE (warehouse_id varchar, room bigint)
LANGUAGE sql STABLE AS $$
    SELECT w.code, floor(coalesce(o.throughput, w.daily_capacity) * w.running_share)::bigint
    FROM dispatch_warehouse w LEFT JOIN LATERAL (
        SELECT max(u.throughput) AS throughput FROM dispatch_warehouseopening u
        WHERE u.warehouse_id = w.code AND u.ended_at IS NULL AND (u.exercise IS NULL OR u.exercise = ex)
            AND u.usable_from <= (SELECT fenghuo_now()) AND (u.until IS NULL OR u.until > (SELECT fenghuo_now()))
    ) o ON w.standby
    WHERE w.retired_at IS NULL
$$
"""
LANE_RISKS = """
CREATE FUNCTION dispatch_lane_risks(ex bigint) RETURNS TABLE (lane_id bigint, risk float8)
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE threatened (code, risk) AS (
        SELECT r.region_id, r.risk FROM dispatch_regionrisk r
        WHERE (r.exercise IS NULL OR r.exercise = ex) AND (r.until IS NULL OR r.until > (SELECT fenghuo_now()))
        UNION SELECT r.code, t.risk FROM threatened t JOIN dispatch_region r ON r.parent_id = t.code
    ), worst AS (SELECT code, max(risk) AS risk FROM threatened GROUP BY code
    ), touched AS (
        SELECT l.id, t.risk FROM worst t JOIN dispatch_lane l ON l.region_id = t.code
        UNION ALL SELECT l.id, t.risk FROM worst t JOIN dispatch_warehouse w ON w.region_id = t.code
            JOIN dispatch_lane l ON l.warehouse_id = w.code
        UNION ALL SELECT g.lane_id, t.risk FROM worst t JOIN dispatch_hub h ON h.region_id = t.code
            JOIN dispatch_laneleg g ON g.hub_id = h.code OR g.road_id = h.code
    )
    SELECT l.id, greatest(l.risk, coalesce(max(t.risk), 0)) FROM dispatch_lane l LEFT JOIN touched t ON t.id = l.id
    GROUP BY l.id
$$
"""
DROP = """
DROP FUNCTION dispatch_lane_risks(bigint);
DROP FUNCTION dispatch_warehouse_rooms(bigint);
DROP FUNCTION dispatch_lane_rooms(date);
DROP FUNCTION dispatch_barred_lanes(bigint);
DROP FUNCTION dispatch_barred_warehouses(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0011_network_parts"), ("journal", "0005_append_many")]
    operations = [
        migrations.RunSQL(
            ";".join((BARRED_WAREHOUSES, BARRED_LANES, LANE_ROOMS, WAREHOUSE_ROOMS, LANE_RISKS)), DROP
        )
    ]

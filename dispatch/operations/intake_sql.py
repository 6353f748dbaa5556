"""The statements of the intake: one for a whole call of orders, one of status updates, one for what was merged."""

from __future__ import annotations

FIELDS = {
    "external_id": "text",
    "version": "bigint",
    "state": "text",
    "region": "text",
    "service_level": "text",
    "warehouse": "text",
    "carrier": "text",
    "weight": "numeric",
    "quantity": "int",
    "lines": "jsonb",
    "priority": "smallint",
    "collected": "boolean",
    "ordered_at": "timestamptz",
    "promise_at": "timestamptz",
    "dispatched_at": "timestamptz",
    "delivered_at": "timestamptz",
    "cancelled_at": "timestamptz",
    "customer_ref": "text",
    "customer_name": "text",
    "phone": "text",
    "email": "text",
    "language": "text",
    "value": "numeric",
}
INCOMING = f"json_to_recordset(%(rows)s::json) AS i({', '.join(f'{name} {kind}' for name, kind in FIELDS.items())})"

UNITS = "(SELECT sum((line ->> 'quantity')::int) FROM jsonb_array_elements(i.lines) line)"
# The lane that an allocation names: of the same service level the quickest one.
LANE = """(
                SELECT l.id FROM dispatch_lane l WHERE {collected} IS NOT TRUE AND l.warehouse_id = {row}.to_warehouse
                    AND l.region_id = {row}.to_region AND l.carrier_id = {row}.to_carrier
                    AND l.service_level = {row}.to_service ORDER BY l.transit_hours, l.id LIMIT 1)"""

# ORDER_MOVES as SQL: what is delivered or cancelled stays so.
NEWER_AND_LEGAL = "{new}.version > o.version AND (o.state = {new}.state OR o.state IN ('open', 'dispatched', 'held'))"

# Delivered orders are throughput: the hour they were delivered in gains one, a corrected time moves it.
COUNTED = """
deltas AS (
    SELECT hour, sum(delta) AS delta FROM (
        SELECT date_trunc('hour', after) AS hour, 1 AS delta FROM applied WHERE after IS DISTINCT FROM before
        UNION ALL SELECT date_trunc('hour', before), -1 FROM applied WHERE after IS DISTINCT FROM before
    ) moved WHERE hour IS NOT NULL GROUP BY hour HAVING sum(delta) <> 0 ORDER BY hour
), gained AS (
    INSERT INTO dispatch_hourlythroughput AS t (hour, orders) SELECT hour, delta FROM deltas WHERE delta > 0
    ON CONFLICT (hour, exercise) DO UPDATE SET orders = t.orders + excluded.orders
), lost AS (
    UPDATE dispatch_hourlythroughput t SET orders = greatest(t.orders + d.delta, 0) FROM deltas d
    WHERE t.hour = d.hour AND t.exercise IS NULL AND d.delta < 0
)
SELECT array_agg(external_id) FILTER (WHERE created), array_agg(external_id),
    array_agg(external_id) FILTER (WHERE moved) FROM applied
"""

UPSERT = f"""
WITH applied AS (
    INSERT INTO dispatch_order AS o (external_id, version, state, region_id, service_level, warehouse_id, lane_id,
        carrier_id, weight, quantity, lines, priority, collected, ordered_at, promise_at, first_promise_at,
        dispatched_at, delivered_at, cancelled_at, customer_ref, customer_name, phone, email, language, value,
        dispatched_version, received_at, updated_at)
    SELECT i.external_id, i.version, coalesce(i.state, 'open'), i.region, i.service_level, i.warehouse, lane.id,
        i.carrier, coalesce(i.weight, 0),
        coalesce(i.quantity, {UNITS}, 1),
        coalesce(i.lines, '[]'), coalesce(i.priority, 0), coalesce(i.collected, false), i.ordered_at, i.promise_at,
        i.promise_at,
        CASE i.state WHEN 'dispatched' THEN coalesce(i.dispatched_at, %(now)s::timestamptz)
            WHEN 'delivered' THEN i.dispatched_at WHEN 'cancelled' THEN i.dispatched_at END,
        CASE WHEN i.state = 'delivered' THEN i.delivered_at END,
        CASE WHEN i.state = 'cancelled' THEN coalesce(i.cancelled_at, %(now)s::timestamptz) END,
        coalesce(i.customer_ref, ''), coalesce(i.customer_name, ''), coalesce(i.phone, ''), coalesce(i.email, ''),
        coalesce(i.language, 'zh-hans'), i.value,
        CASE WHEN i.state IN ('dispatched', 'delivered', 'cancelled') AND i.dispatched_at IS NULL THEN -1 END,
        %(now)s, %(now)s
    FROM {INCOMING}
    LEFT JOIN LATERAL (
        SELECT l.id FROM dispatch_lane l
        WHERE l.warehouse_id = i.warehouse AND l.region_id = i.region AND l.carrier_id = i.carrier
            AND l.service_level = i.service_level
        ORDER BY l.transit_hours, l.id LIMIT 1
    ) lane ON i.collected IS NOT TRUE
    ORDER BY i.external_id
    ON CONFLICT (external_id) DO UPDATE SET
        version = excluded.version, state = excluded.state, region_id = excluded.region_id,
        service_level = excluded.service_level,
        warehouse_id = coalesce(excluded.warehouse_id, o.warehouse_id),
        carrier_id = CASE WHEN excluded.warehouse_id IS NULL THEN o.carrier_id ELSE excluded.carrier_id END,
        lane_id = CASE WHEN excluded.warehouse_id IS NOT NULL THEN excluded.lane_id
            WHEN excluded.region_id = o.region_id AND excluded.service_level = o.service_level THEN o.lane_id END,
        weight = excluded.weight, quantity = excluded.quantity, lines = excluded.lines,
        priority = excluded.priority, collected = excluded.collected,
        ordered_at = coalesce(excluded.ordered_at, o.ordered_at),
        promise_at = coalesce(excluded.promise_at, o.promise_at),
        first_promise_at = coalesce(o.first_promise_at, excluded.promise_at),
        -- A dispatched_version below 0 says that the row has no time, and that the one in it is assumed.
        dispatched_at = CASE WHEN excluded.dispatched_version IS NULL THEN excluded.dispatched_at
            ELSE coalesce(o.dispatched_at, excluded.dispatched_at) END,
        delivered_at = excluded.delivered_at,
        cancelled_at = CASE WHEN excluded.state = 'cancelled' THEN
            coalesce(nullif(excluded.cancelled_at, %(now)s::timestamptz), o.cancelled_at, excluded.cancelled_at) END,
        customer_ref = excluded.customer_ref, customer_name = excluded.customer_name, phone = excluded.phone,
        email = excluded.email, language = excluded.language, value = excluded.value,
        details_version = NULL, state_version = NULL,
        allocation_version = CASE WHEN excluded.warehouse_id IS NULL AND o.warehouse_id IS NOT NULL
            THEN coalesce(o.allocation_version, o.version) END,
        promise_version = CASE WHEN excluded.promise_at IS NULL AND o.promise_at IS NOT NULL
            THEN coalesce(o.promise_version, o.version) END,
        first_promise_version = CASE WHEN o.first_promise_at IS NOT NULL
            THEN coalesce(o.first_promise_version, o.version) END,
        dispatched_version = CASE WHEN excluded.dispatched_version IS NOT NULL
            THEN coalesce(o.dispatched_version, o.version) END,
        updated_at = excluded.updated_at
    WHERE {NEWER_AND_LEGAL.format(new="excluded")}
    RETURNING o.external_id, old.id IS NULL AS created,
        old.region_id <> new.region_id OR old.service_level <> new.service_level AS moved,
        old.delivered_at AS before, new.delivered_at AS after
), {COUNTED}
"""

STATUS = f"""
WITH incoming AS MATERIALIZED (SELECT * FROM {INCOMING}),
locked AS MATERIALIZED (
    SELECT o.id, i.state AS given, coalesce(i.state, o.state) AS state, i.version, i.promise_at, i.dispatched_at,
        i.delivered_at, i.cancelled_at
    FROM dispatch_order o JOIN incoming i USING (external_id) ORDER BY o.external_id FOR UPDATE OF o
), applied AS (
    UPDATE dispatch_order o SET version = k.version, state = k.state,
        promise_at = coalesce(k.promise_at, o.promise_at),
        first_promise_at = coalesce(o.first_promise_at, k.promise_at),
        dispatched_at = CASE WHEN k.given IS NULL THEN o.dispatched_at WHEN k.given NOT IN ('open', 'held') THEN
            coalesce(k.dispatched_at, o.dispatched_at, CASE WHEN k.given = 'dispatched' THEN %(now)s::timestamptz END)
            END,
        delivered_at = CASE WHEN k.given IS NULL THEN o.delivered_at WHEN k.given = 'delivered'
            THEN coalesce(k.delivered_at, o.delivered_at) END,
        cancelled_at = CASE WHEN k.given IS NULL THEN o.cancelled_at WHEN k.given = 'cancelled'
            THEN coalesce(k.cancelled_at, o.cancelled_at, %(now)s::timestamptz) END,
        details_version = coalesce(o.details_version, o.version),
        state_version = CASE WHEN k.given IS NULL THEN coalesce(o.state_version, o.version) END,
        allocation_version = CASE WHEN o.warehouse_id IS NOT NULL THEN coalesce(o.allocation_version, o.version) END,
        promise_version = CASE WHEN k.promise_at IS NULL AND o.promise_at IS NOT NULL
            THEN coalesce(o.promise_version, o.version) END,
        first_promise_version = CASE WHEN o.first_promise_at IS NOT NULL
            THEN coalesce(o.first_promise_version, o.version) END,
        dispatched_version = CASE WHEN k.given IN ('open', 'held') OR k.dispatched_at IS NOT NULL THEN NULL
            ELSE coalesce(o.dispatched_version, o.version) END,
        updated_at = %(now)s
    FROM locked k
    WHERE k.id = o.id AND {NEWER_AND_LEGAL.format(new="k")}
    RETURNING o.external_id, false AS created, false AS moved,
        old.delivered_at AS before, new.delivered_at AS after
), {COUNTED}
"""

NEW_LANE = LANE.format(row="i", collected="CASE WHEN i.whole THEN i.collected ELSE o.collected END")

# Orders as merging left them; `whole` marks those whose details changed too.
MERGED = f"""
WITH incoming AS MATERIALIZED (
    SELECT i.*, d.id AS order_id, d.whole, d.allocated, d.to_region, d.to_service, d.to_warehouse, d.to_carrier,
        d.to_lane, d.details_version, d.allocation_version, d.state_version, d.promise_version,
        d.first_promise_version, d.dispatched_version, d.first_promise_at
    FROM {INCOMING}
    JOIN json_to_recordset(%(orders)s::json) AS d(external_id text, id bigint, whole boolean, allocated boolean,
        to_region text, to_service text, to_warehouse text, to_carrier text, to_lane bigint, details_version bigint,
        allocation_version bigint, state_version bigint, promise_version bigint, first_promise_version bigint,
        dispatched_version bigint, first_promise_at timestamptz) USING (external_id)
), applied AS (
    UPDATE dispatch_order o SET version = i.version, state = i.state, region_id = i.to_region,
        service_level = i.to_service, warehouse_id = i.to_warehouse, carrier_id = i.to_carrier,
        lane_id = CASE WHEN i.allocated THEN {NEW_LANE}
            ELSE i.to_lane END,
        ordered_at = i.ordered_at, promise_at = i.promise_at, first_promise_at = i.first_promise_at,
        dispatched_at = i.dispatched_at, delivered_at = i.delivered_at, cancelled_at = i.cancelled_at,
        details_version = i.details_version, allocation_version = i.allocation_version,
        state_version = i.state_version, promise_version = i.promise_version,
        first_promise_version = i.first_promise_version, dispatched_version = i.dispatched_version,
        weight = CASE WHEN i.whole THEN coalesce(i.weight, 0) ELSE o.weight END,
        quantity = CASE WHEN i.whole THEN coalesce(i.quantity, {UNITS}, 1) ELSE o.quantity END,
        lines = CASE WHEN i.whole THEN coalesce(i.lines, '[]') ELSE o.lines END,
        priority = CASE WHEN i.whole THEN coalesce(i.priority, 0) ELSE o.priority END,
        collected = CASE WHEN i.whole THEN coalesce(i.collected, false) ELSE o.collected END,
        customer_ref = CASE WHEN i.whole THEN coalesce(i.customer_ref, '') ELSE o.customer_ref END,
        customer_name = CASE WHEN i.whole THEN coalesce(i.customer_name, '') ELSE o.customer_name END,
        phone = CASE WHEN i.whole THEN coalesce(i.phone, '') ELSE o.phone END,
        email = CASE WHEN i.whole THEN coalesce(i.email, '') ELSE o.email END,
        language = CASE WHEN i.whole THEN coalesce(i.language, 'zh-hans') ELSE o.language END,
        value = CASE WHEN i.whole THEN i.value ELSE o.value END,
        updated_at = %(now)s
    FROM incoming i WHERE o.id = i.order_id AND (o.state = i.state OR o.state IN ('open', 'dispatched', 'held'))
    RETURNING o.external_id, false AS created,
        old.region_id <> new.region_id OR old.service_level <> new.service_level AS moved,
        old.delivered_at AS before, new.delivered_at AS after
), {COUNTED}
"""

PARCELS_GIVEN = """
json_to_recordset(%(rows)s::json) AS g(external_id text, version bigint, parcels json)
    JOIN dispatch_order o USING (external_id)
"""
OLD_PARCELS = f"DELETE FROM dispatch_parcel p USING {PARCELS_GIVEN} WHERE p.order_id = o.id"
PARCELS = f"""
INSERT INTO dispatch_parcel (order_id, number, version, state, wave, warehouse_id, lane_id, carrier_id, weight,
    quantity, lines, dispatched_at, expected_at, delivered_at)
SELECT o.id, i.number, g.version, coalesce(i.state, 'packed'), coalesce(i.wave, ''), i.warehouse, (
        SELECT l.id FROM dispatch_lane l WHERE l.warehouse_id = i.warehouse AND l.region_id = o.region_id
            AND l.carrier_id = i.carrier AND l.service_level = o.service_level
        ORDER BY l.transit_hours, l.id LIMIT 1), i.carrier, coalesce(i.weight, 0), coalesce(i.quantity, {UNITS}, 1),
    coalesce(i.lines, '[]'), i.dispatched_at, i.expected_at, i.delivered_at
FROM {PARCELS_GIVEN}, json_to_recordset(g.parcels) AS i(number text, state text, wave text, warehouse text,
    carrier text, weight numeric, quantity int, lines jsonb, dispatched_at timestamptz, expected_at timestamptz,
    delivered_at timestamptz)
ORDER BY g.external_id, i.number
"""
# Parcels go where their order goes: another destination or service is another lane.
MOVED_PARCELS = """
UPDATE dispatch_parcel p SET lane_id = (
    SELECT l.id FROM dispatch_lane l WHERE l.warehouse_id = p.warehouse_id AND l.region_id = o.region_id
        AND l.carrier_id = p.carrier_id AND l.service_level = o.service_level
    ORDER BY l.transit_hours, l.id LIMIT 1)
FROM dispatch_order o WHERE o.external_id = ANY(%s::varchar[]) AND p.order_id = o.id
"""

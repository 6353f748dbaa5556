"""Where orders stood before the reroutes of a matter moved them."""

# One row per order that applied waves of %(reference)s moved: where it was before the first of them, and where the
# last one sent it.
ORIGINS = """
SELECT DISTINCT ON (p.order_id) p.order_id,
    first_value(a.warehouse_id) OVER moves AS warehouse_id, first_value(a.lane_id) OVER moves AS lane_id,
    last_value(coalesce(l.warehouse_id, p.warehouse_id)) OVER moves AS sent_warehouse_id,
    last_value(p.lane_id) OVER moves AS sent_lane_id
FROM dispatch_rerouterun r
JOIN dispatch_reroutewave w ON w.run_id = r.id AND w.state = 'applied'
JOIN dispatch_proposal p ON p.run_id = r.id AND p.wave = w.number
JOIN dispatch_affectedorder a ON a.affected_set_id = r.affected_set_id AND a.order_id = p.order_id
LEFT JOIN dispatch_lane l ON l.id = p.lane_id
WHERE r.reference = %(reference)s AND r.exercise IS NOT DISTINCT FROM %(exercise)s::bigint AND r.kind = 'reroute'
WINDOW moves AS (PARTITION BY p.order_id ORDER BY r.id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
ORDER BY p.order_id
"""

"""What the map of the network draws: places with their state, and the ways between them."""

from __future__ import annotations

from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from dispatch.models import Hub, Region, Warehouse
from dispatch.queries.network import closed_hubs, rows, warehouse_states
from dispatch.queries.rooms import warehouse_rooms

MOST_WAYS = 700

# Lanes in service, leg by leg, added up by where a leg begins and ends; the last one ends in the province.
WAYS = """
WITH barred AS MATERIALIZED (SELECT DISTINCT lane_id FROM dispatch_barred_lanes(NULL) WHERE why IN ('closed', 'hub')),
idle AS MATERIALIZED (SELECT warehouse_id FROM dispatch_barred_warehouses(NULL) WHERE why <> 'closed'),
lanes AS (
    SELECT l.*, b.lane_id IS NOT NULL AS closed FROM dispatch_lane l LEFT JOIN barred b ON b.lane_id = l.id
    WHERE l.retired_at IS NULL AND l.warehouse_id NOT IN (SELECT warehouse_id FROM idle)
),
stops AS (
    SELECT id, 0 AS place, 'warehouse:' || warehouse_id AS stop FROM lanes
    UNION ALL SELECT g.lane_id, g.position, 'hub:' || g.hub_id FROM dispatch_laneleg g JOIN lanes l ON l.id = g.lane_id
    WHERE g.hub_id IS NOT NULL
    UNION ALL SELECT l.id, 1000,
        'region:' || CASE WHEN r.level = 'city' THEN coalesce(r.parent_id, r.code) ELSE r.code END
    FROM lanes l JOIN dispatch_region r ON r.code = l.region_id
),
legs AS (SELECT id, stop, lead(stop) OVER (PARTITION BY id ORDER BY place) AS next FROM stops)
SELECT g.stop, g.next, count(*), count(*) FILTER (WHERE l.closed), coalesce(sum(l.daily_capacity), 0)
FROM legs g JOIN lanes l ON l.id = g.id WHERE g.next IS NOT NULL
GROUP BY 1, 2 ORDER BY count(*) FILTER (WHERE l.closed) DESC, 5 DESC, 1, 2 LIMIT %(most)s
"""


def network_map() -> dict[str, Any]:
    """Warehouses, hubs and ways of the real network as it stands."""
    states, rooms, shut = warehouse_states(), warehouse_rooms(), closed_hubs()
    names = {"closed": _("closed"), "standby": _("on standby"), "opening": _("being opened")}
    houses = []
    for house in Warehouse.objects.exclude(lat=None).exclude(lon=None).filter(retired_at=None):
        state = states.get(house.code, "open")
        room = _("%s orders a day") % number_format(rooms.get(house.code, 0), force_grouping=True)
        notes = [str(house.get_kind_display()), room, *([names[state]] if state in names else [])]
        point = {"lat": house.lat, "lon": house.lon, "code": house.code, "kind": house.kind}
        houses.append({**point, "name": house.label, "state": state, "note": " · ".join(notes)})
    hubs = []
    for hub in Hub.objects.exclude(lat=None).exclude(lon=None).filter(retired_at=None):
        state = "closed" if hub.code in shut else "open"
        notes = [str(hub.get_kind_display()), *([names["closed"]] if state == "closed" else [])]
        point = {"lat": hub.lat, "lon": hub.lon, "code": hub.code, "kind": hub.kind}
        hubs.append({**point, "name": hub.label, "state": state, "note": " · ".join(notes)})
    points = {f"warehouse:{row['code']}": row for row in houses} | {f"hub:{row['code']}": row for row in hubs}
    for region in Region.objects.exclude(lat=None).exclude(lon=None).filter(level__in=("province", "port")):
        points[f"region:{region.code}"] = {"lat": region.lat, "lon": region.lon, "name": region.label}
    ways = [
        {
            "from": [points[start]["lon"], points[start]["lat"]],
            "to": [points[end]["lon"], points[end]["lat"]],
            "name": f"{points[start]['name']} → {points[end]['name']}",
            "lanes": lanes,
            "closed": closed,
            "orders": int(orders),
        }
        for start, end, lanes, closed, orders in rows(WAYS, most=MOST_WAYS)
        if start in points and end in points
    ]
    return {"warehouses": houses, "hubs": hubs, "ways": ways}

"""What a frozen set of affected orders amounts to, and how two versions of it differ."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.backends.utils import CursorWrapper

from dispatch.models import AffectedSet

HOURS_AHEAD = 48

# `slack` is how long an order may still wait and keep its promise: it then takes its lane's transit time, of which an
# order on the way has spent a part; one of a core region, medical or fresh what nine in ten take. Rounded down to
# hours, everything lost already in -1, everything far off in 48.
FIGURES = """
WITH hit AS (
    SELECT o.region_id, o.priority, o.value, a.in_transit,
        o.promise_at - CASE WHEN a.in_transit THEN coalesce(o.dispatched_at, %(now)s) ELSE %(now)s END
            - make_interval(hours => coalesce(CASE WHEN o.priority > 0 OR r.core THEN l.p90_hours END,
                l.transit_hours, 0)) AS slack
    FROM dispatch_affectedorder a JOIN dispatch_order o ON o.id = a.order_id
    LEFT JOIN dispatch_region r ON r.code = o.region_id LEFT JOIN dispatch_lane l ON l.id = a.lane_id
    WHERE a.affected_set_id = %(set)s
), grouped AS (
    SELECT grouping(region_id) AS no_region, grouping(priority) AS no_priority, grouping(hour) AS no_hour,
        region_id, priority, hour, count(*) AS orders, count(*) FILTER (WHERE in_transit) AS in_transit,
        sum(value) AS value, count(value) AS valued, count(slack) AS promised,
        count(*) FILTER (WHERE slack < interval '0') AS at_risk
    FROM (SELECT *, CASE WHEN slack IS NULL THEN NULL WHEN slack < interval '0' THEN -1
        ELSE least(floor(date_part('epoch', slack) / 3600), %(ahead)s)::int END AS hour FROM hit) hours
    GROUP BY GROUPING SETS ((), (region_id), (priority), (hour))
)
SELECT json_build_object(
    'total', (SELECT to_json(g) FROM grouped g WHERE no_region + no_priority + no_hour = 3),
    'by_region', (SELECT json_agg(json_build_array(region_id, orders, value::text, at_risk) ORDER BY orders DESC,
        region_id) FROM grouped WHERE no_region = 0),
    'by_priority', (SELECT json_agg(json_build_array(priority, orders, value::text, at_risk) ORDER BY priority DESC)
        FROM grouped WHERE no_priority = 0),
    'by_hour', (SELECT json_agg(json_build_array(hour, orders) ORDER BY hour) FROM grouped
        WHERE no_hour = 0 AND hour IS NOT NULL)
)::text
"""


def read_figures(cursor: CursorWrapper, frozen: AffectedSet) -> dict[str, Any]:
    """Count a set just frozen: {"orders", "in_transit", "value" (text, yuan, of the `valued` orders that have one),
    "promised", "at_risk", "by_region": [[code, orders, value, at risk]], "by_priority": the same by priority,
    "by_hour": [[hours from now after which their promises are lost, orders]]}."""
    cursor.execute(FIGURES, {"set": frozen.pk, "now": frozen.frozen_at, "ahead": HOURS_AHEAD})
    found = json.loads(cursor.fetchone()[0], parse_float=Decimal)
    total = found["total"]
    counts = {name: total[name] for name in ("orders", "in_transit", "valued", "promised", "at_risk")}
    value = None if total["value"] is None else str(total["value"])
    lists = {name: found[name] or [] for name in ("by_region", "by_priority", "by_hour")}
    return {**counts, "value": value, **lists}


@dataclass(frozen=True)
class Line:
    """A part of a set: its `orders`, what they are worth as far as known, and how many promises are at risk."""

    key: str
    orders: int
    value: Decimal | None
    at_risk: int


@dataclass(frozen=True)
class SetFigures:
    """What a set amounts to, read back from it. `hours` tell after how many hours how many promises are lost."""

    orders: int
    in_transit: int
    value: Decimal | None
    valued: int
    promised: int
    at_risk: int
    regions: list[Line]
    priorities: list[Line]
    hours: list[tuple[int, int]]


def set_figures(frozen: AffectedSet) -> SetFigures:
    """The figures of a set; of one frozen before figures were kept only the number of orders."""
    kept = frozen.figures

    def lines(name: str) -> list[Line]:
        rows = kept.get(name) or []
        return [Line(str(key), orders, worth(value), at_risk) for key, orders, value, at_risk in rows]

    return SetFigures(
        orders=frozen.orders,
        in_transit=frozen.in_transit,
        value=worth(kept.get("value")),
        valued=kept.get("valued", 0),
        promised=kept.get("promised", 0),
        at_risk=kept.get("at_risk", 0),
        regions=lines("by_region"),
        priorities=lines("by_priority"),
        hours=[(hour, orders) for hour, orders in kept.get("by_hour") or []],
    )


def worth(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)

"""What command asks of the network: whether a scope exists, where it lies, how hard it is hit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incidents.models import Incident

MEASURED = {
    "lane_share": "lane_share",
    "order_share": "order_share",
    "order_count": "orders",
    "cities": "cities",
    "provinces": "provinces",
    "capacity_share": "capacity_share",
}


def scope_of(incident: Incident) -> Any:
    """The incident's dispatch.scope.Scope."""
    from dispatch.scope import Scope

    return Scope.from_json(incident.scope)


def is_empty(scope: Mapping[str, Any]) -> bool:
    return not any(scope.values())


def checked_scope(scope: Any) -> dict[str, Any]:
    """The scope as stored JSON. Raises dispatch.scope.UnknownScope for a code that does not exist."""
    from dispatch.scope import Scope, resolve, six_digits

    if scope is None:
        return {}
    wanted = scope if isinstance(scope, Scope) else Scope.from_json(scope)
    resolve(wanted)
    return {**wanted.to_json(), "regions": [six_digits(code) for code in wanted.regions]}


def region_of(scope: Mapping[str, Any]) -> str:
    """The six-digit region that an incident of this scope belongs to, for its roster and plan; blank when unclear."""
    from dispatch.models import Hub, Lane, Warehouse

    if regions := scope.get("regions"):
        return str(regions[0])
    if warehouses := scope.get("warehouses"):
        warehouse = Warehouse.objects.filter(code=warehouses[0]).first()
        return str(warehouse.region_id or "") if warehouse else ""
    if hubs := scope.get("hubs"):
        hub = Hub.objects.filter(code=hubs[0]).first()
        return str(hub.region_id or "") if hub else ""
    if lanes := scope.get("lanes"):
        lane = Lane.objects.filter(pk=lanes[0]).first()
        return lane.region_id if lane else ""
    return ""


def measured_indicators(incident: Incident) -> dict[str, float]:
    """Those figures of the severity matrix that the network itself shows for the incident's scope."""
    from dispatch.queries import impact

    if is_empty(incident.scope):
        return {}
    found = impact(scope_of(incident), exercise=incident.exercise)
    return {code: float(getattr(found, field) or 0) for code, field in MEASURED.items()}

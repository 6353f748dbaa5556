"""Hubs, roads and legs of the sample, calendars and contracts. Places are real, terms are invented."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from math import asin, cos, radians, sin, sqrt

from dispatch.models import Carrier, CarrierContract, Hub, HubKind, Lane, LaneLeg, Region, Warehouse, WorkCalendar
from dispatch.sample.copying import copy_rows
from journal.clock import now

SORTING, AIRPORT, RAIL, ROAD = HubKind.SORTING, HubKind.AIRPORT, HubKind.RAIL, HubKind.ROAD

# code, name, English name, kind, region, lat, lon, orders a day
HUBS: list[tuple[str, str, str, str, str, float, float, int | None]] = [
    ("H01", "北京顺义分拨中心", "Beijing Shunyi hub", SORTING, "110100", 40.13, 116.65, 9000),
    ("H02", "沈阳沈北分拨中心", "Shenyang Shenbei hub", SORTING, "210100", 42.05, 123.50, 5000),
    ("H03", "哈尔滨呼兰分拨中心", "Harbin Hulan hub", SORTING, "230100", 45.90, 126.60, 4000),
    ("H04", "济南章丘分拨中心", "Jinan Zhangqiu hub", SORTING, "370100", 36.70, 117.50, 7000),
    ("H05", "郑州中牟分拨中心", "Zhengzhou Zhongmou hub", SORTING, "410100", 34.72, 113.98, 8000),
    ("H06", "西安临潼分拨中心", "Xi'an Lintong hub", SORTING, "610100", 34.37, 109.21, 5000),
    ("H07", "上海嘉定分拨中心", "Shanghai Jiading hub", SORTING, "310100", 31.38, 121.25, 9000),
    ("H08", "杭州下沙分拨中心", "Hangzhou Xiasha hub", SORTING, "330100", 30.30, 120.36, 9000),
    ("H09", "温州瓯海分拨中心", "Wenzhou Ouhai hub", SORTING, "330300", 27.97, 120.64, 4000),
    ("H10", "无锡惠山分拨中心", "Wuxi Huishan hub", SORTING, "320200", 31.68, 120.30, 8000),
    ("H11", "合肥肥西分拨中心", "Hefei Feixi hub", SORTING, "340100", 31.72, 117.17, 6000),
    ("H12", "武汉黄陂分拨中心", "Wuhan Huangpi hub", SORTING, "420100", 30.87, 114.37, 7000),
    ("H13", "长沙星沙分拨中心", "Changsha Xingsha hub", SORTING, "430100", 28.25, 113.08, 6000),
    ("H14", "南昌昌北分拨中心", "Nanchang Changbei hub", SORTING, "360100", 28.78, 115.86, 4000),
    ("H15", "泉州晋江分拨中心", "Quanzhou Jinjiang hub", SORTING, "350500", 24.78, 118.55, 5000),
    ("H16", "东莞虎门分拨中心", "Dongguan Humen hub", SORTING, "441900", 22.82, 113.67, 10000),
    ("H17", "柳州分拨中心", "Liuzhou hub", SORTING, "450200", 24.33, 109.41, 3000),
    ("H18", "重庆渝北分拨中心", "Chongqing Yubei hub", SORTING, "500100", 29.72, 106.63, 5000),
    ("H19", "成都青白江分拨中心", "Chengdu Qingbaijiang hub", SORTING, "510100", 30.88, 104.25, 6000),
    ("H20", "昆明嵩明分拨中心", "Kunming Songming hub", SORTING, "530100", 25.34, 103.04, 3000),
    ("H21", "兰州榆中分拨中心", "Lanzhou Yuzhong hub", SORTING, "620100", 35.84, 104.11, 2500),
    ("H22", "乌鲁木齐米东分拨中心", "Urumqi Midong hub", SORTING, "650100", 43.97, 87.66, 1500),
    ("PEK", "北京首都机场", "Beijing Capital Airport", AIRPORT, "110100", 40.08, 116.58, None),
    ("SHE", "沈阳桃仙机场", "Shenyang Taoxian Airport", AIRPORT, "210100", 41.64, 123.48, None),
    ("PVG", "上海浦东机场", "Shanghai Pudong Airport", AIRPORT, "310100", 31.14, 121.81, None),
    ("HGH", "杭州萧山机场", "Hangzhou Xiaoshan Airport", AIRPORT, "330100", 30.23, 120.43, None),
    ("EHU", "鄂州花湖机场", "Ezhou Huahu Airport", AIRPORT, "420700", 30.34, 115.04, None),
    ("CAN", "广州白云机场", "Guangzhou Baiyun Airport", AIRPORT, "440100", 23.39, 113.30, None),
    ("CTU", "成都双流机场", "Chengdu Shuangliu Airport", AIRPORT, "510100", 30.58, 103.95, None),
    ("XIY", "西安咸阳机场", "Xi'an Xianyang Airport", AIRPORT, "610400", 34.44, 108.76, None),
    ("URC", "乌鲁木齐天山机场", "Urumqi Tianshan Airport", AIRPORT, "650100", 43.91, 87.47, None),
    ("R01", "郑州圃田站", "Zhengzhou Putian station", RAIL, "410100", 34.75, 113.80, None),
    ("R02", "义乌西站", "Yiwu West station", RAIL, "330700", 29.33, 120.00, None),
    ("R03", "成都城厢站", "Chengdu Chengxiang station", RAIL, "510100", 30.86, 104.32, None),
    ("R04", "广州大朗站", "Guangzhou Dalang station", RAIL, "440100", 23.26, 113.23, None),
    ("R05", "北京平谷站", "Beijing Pinggu station", RAIL, "110100", 40.13, 117.08, None),
    ("G15", "沈海高速杭州湾跨海大桥", "G15 Hangzhou Bay Bridge", ROAD, "330200", 30.45, 121.13, None),
    ("G60", "沪昆高速金华段", "G60 at Jinhua", ROAD, "330700", 29.10, 119.60, None),
    ("G2", "京沪高速淮安段", "G2 at Huai'an", ROAD, "320800", 33.55, 119.05, None),
    ("G4", "京港澳高速信阳段", "G4 at Xinyang", ROAD, "411500", 32.12, 114.05, None),
    ("G5", "京昆高速秦岭段", "G5 through the Qinling", ROAD, "610700", 33.35, 106.95, None),
    ("G65", "包茂高速怀化段", "G65 at Huaihua", ROAD, "431200", 27.55, 109.95, None),
    ("G30", "连霍高速河西走廊段", "G30 along the Hexi Corridor", ROAD, "620700", 38.93, 100.45, None),
    ("QZ", "琼州海峡轮渡", "Qiongzhou Strait ferry", ROAD, "460100", 20.10, 110.20, None),
]
FAR, NEAR_HUB, NEAR_ROAD = 300, 260, 70  # km: from where lanes change hubs, how near a hub or road must lie
SLOW = {"road": 1.35, "rail": 1.2, "air": 1.5}
# Mountain roads and long ways, by the first two digits of the destination.
RISKS = {"54": 0.15, "63": 0.1, "65": 0.1, "53": 0.05, "52": 0.05, "62": 0.04}
SURGES = {"C01": (0.35, "1.80"), "C03": (0.25, "1.20"), "C06": (0.10, "4.50"), "C07": (0.40, "6.00")}


def distance(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Great-circle distance in km (haversine, mean Earth radius 6,371 km)."""
    a, b, c, d = map(radians, (lat, lon, to_lat, to_lon))
    return 2 * 6371 * asin(sqrt(sin((c - a) / 2) ** 2 + cos(a) * cos(c) * sin((d - b) / 2) ** 2))


class Ways:
    """Which hubs and roads a lane takes, by how the places lie."""

    def __init__(self) -> None:
        self.nearest: dict[tuple[str, str], tuple[float, Hub]] = {}
        self.hubs: dict[str, list[Hub]] = defaultdict(list)
        self.roads: dict[tuple[str, str], Hub | None] = {}

    def load(self) -> None:
        rows = [
            Hub(
                code=code,
                name=name,
                name_en=name_en,
                kind=kind,
                region_id=region,
                lat=lat,
                lon=lon,
                daily_capacity=most,
            )
            for code, name, name_en, kind, region, lat, lon, most in HUBS
        ]
        for hub in Hub.objects.bulk_create(rows):
            self.hubs[hub.kind].append(hub)

    def near(self, kind: str, place: Warehouse | Region) -> tuple[float, Hub]:
        key = (kind, place.pk)
        if key not in self.nearest:
            self.nearest[key] = min(
                (
                    (distance(hub.lat or 0, hub.lon or 0, place.lat or 0, place.lon or 0), hub)
                    for hub in self.hubs[kind]
                ),
                key=lambda found: found[0],
            )
        return self.nearest[key]

    def road(self, house: Warehouse, city: Region, km: float) -> Hub | None:
        """The road section that the straight line passes most nearly, if any."""
        key = (house.pk, city.pk)
        if key not in self.roads:
            found = []
            for hub in self.hubs[ROAD]:
                a = distance(house.lat or 0, house.lon or 0, hub.lat or 0, hub.lon or 0)
                b = distance(hub.lat or 0, hub.lon or 0, city.lat or 0, city.lon or 0)
                if a + b - km < NEAR_ROAD and a > 30 and (b > 30 or hub.code == "QZ"):
                    found.append((a + b - km, hub.code, hub))
            self.roads[key] = min(found)[2] if found else None
        return self.roads[key]

    def legs(
        self, house: Warehouse, city: Region, mode: str, km: float
    ) -> list[tuple[str, str | None, str | None, int]]:
        """(mode, hub, road, km) of each leg; none for a lane that goes straight."""
        kind = {"air": AIRPORT, "rail": RAIL}.get(mode)
        if kind is not None:
            (first, start), (last, end) = self.near(kind, house), self.near(kind, city)
            if start.pk == end.pk:
                return []
            between = distance(start.lat or 0, start.lon or 0, end.lat or 0, end.lon or 0)
            return [
                ("road", start.pk, None, round(first)),
                (mode, end.pk, None, round(between)),
                ("road", None, None, round(last)),
            ]
        road = self.road(house, city, km) if km > 150 else None
        last, hub = self.near(SORTING, city)
        to_hub = distance(house.lat or 0, house.lon or 0, hub.lat or 0, hub.lon or 0)
        if km < FAR or last > NEAR_HUB or to_hub < 100:
            return [("road", None, road.pk, round(km))] if road else []
        return [("road", hub.pk, road.pk if road else None, round(to_hub)), ("road", None, None, round(last))]


def load_legs(ways: Ways, lanes: list[tuple[Lane, Warehouse, Region, float]]) -> None:
    copy_rows(LaneLeg, ("lane_id", "position", "mode", "hub_id", "road_id", "hours", "km"), leg_rows(ways, lanes))


def leg_rows(ways: Ways, lanes: list[tuple[Lane, Warehouse, Region, float]]) -> Iterator[tuple[object, ...]]:
    for lane, house, city, km in lanes:
        legs = ways.legs(house, city, lane.mode, km)
        whole = sum(far for *_way, far in legs) or 1
        for position, (mode, hub, road, far) in enumerate(legs, start=1):
            yield lane.pk, position, mode, hub, road, max(1, round(lane.transit_hours * far / whole)), far


def load_calendars() -> None:
    """Every day, and every day but the statutory days off: two carriers rest on those."""
    every = list(range(1, 8))
    WorkCalendar.objects.bulk_create(
        [
            WorkCalendar(code="DAILY", name="每日运行", name_en="Every day", weekdays=every),
            WorkCalendar(
                code="HOLIDAYS-OFF",
                name="法定节假日停运",
                name_en="Rests on statutory days off",
                weekdays=every,
                holidays_off=True,
            ),
            WorkCalendar(code="MON-SAT", name="周一至周六", name_en="Monday to Saturday", weekdays=every[:6]),
        ]
    )
    Carrier.objects.filter(code__in=("C04", "C09")).update(calendar="HOLIDAYS-OFF")


def load_contracts(lanes: list[Lane]) -> None:
    """A contract per carrier that guarantees what its lanes have, with more on call, for this year and the next."""
    rooms: dict[str, int] = defaultdict(int)
    for lane in lanes:
        rooms[lane.carrier_id] += lane.daily_capacity or 0
    year = now().year
    CarrierContract.objects.bulk_create(
        CarrierContract(
            number=f"HT-{year}-{code}",
            carrier_id=code,
            valid_from=date(year, 1, 1),
            valid_until=date(year + 1, 12, 31),
            guaranteed=room,
            surge=round(room * SURGES.get(code, (0.2, ""))[0]),
            surge_price=Decimal(SURGES.get(code, (0, "0.80"))[1]),
        )
        for code, room in sorted(rooms.items())
    )

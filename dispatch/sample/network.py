"""Regions, warehouses, carriers and lanes of the sample."""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal
from pathlib import Path

from dispatch.models import (
    Carrier,
    Lane,
    LaneRate,
    Region,
    RegionLevel,
    Warehouse,
    WarehouseKind,
    WarehouseProduct,
)
from dispatch.sample.copying import copy_rows
from dispatch.sample.hubs import RISKS, SLOW, Ways, distance, load_calendars, load_contracts, load_legs

# Orders a day that the whole network is built for.
DAILY_ORDERS = 24_000
PRIMARY, BACKUP, TEMPORARY = WarehouseKind.PRIMARY, WarehouseKind.BACKUP, WarehouseKind.TEMPORARY

# code, name, English name, region, lat, lon, kind
WAREHOUSES: list[tuple[str, str, str, str, float, float, str]] = [
    ("W01", "北京大兴仓", "Beijing Daxing", "110100", 39.73, 116.34, PRIMARY),
    ("W02", "沈阳浑南仓", "Shenyang Hunnan", "210100", 41.72, 123.46, PRIMARY),
    ("W03", "哈尔滨香坊仓", "Harbin Xiangfang", "230100", 45.71, 126.66, PRIMARY),
    ("W04", "济南历城仓", "Jinan Licheng", "370100", 36.68, 117.17, PRIMARY),
    ("W05", "郑州航空港仓", "Zhengzhou Airport", "410100", 34.55, 113.83, PRIMARY),
    ("W06", "西安高陵仓", "Xi'an Gaoling", "610100", 34.53, 109.09, PRIMARY),
    ("W07", "上海青浦仓", "Shanghai Qingpu", "310100", 31.15, 121.12, PRIMARY),
    ("W08", "杭州萧山仓", "Hangzhou Xiaoshan", "330100", 30.18, 120.27, PRIMARY),
    ("W09", "宁波北仑仓", "Ningbo Beilun", "330200", 29.90, 121.84, PRIMARY),
    ("W10", "南京江宁仓", "Nanjing Jiangning", "320100", 31.95, 118.84, PRIMARY),
    ("W11", "合肥肥东仓", "Hefei Feidong", "340100", 31.89, 117.47, PRIMARY),
    ("W12", "福州闽侯仓", "Fuzhou Minhou", "350100", 26.15, 119.13, PRIMARY),
    ("W13", "南昌小蓝仓", "Nanchang Xiaolan", "360100", 28.54, 115.94, PRIMARY),
    ("W14", "武汉东西湖仓", "Wuhan Dongxihu", "420100", 30.62, 114.14, PRIMARY),
    ("W15", "长沙望城仓", "Changsha Wangcheng", "430100", 28.35, 112.82, PRIMARY),
    ("W16", "广州花都仓", "Guangzhou Huadu", "440100", 23.40, 113.22, PRIMARY),
    ("W17", "南宁良庆仓", "Nanning Liangqing", "450100", 22.75, 108.41, PRIMARY),
    ("W18", "重庆巴南仓", "Chongqing Banan", "500100", 29.40, 106.54, PRIMARY),
    ("W19", "成都双流仓", "Chengdu Shuangliu", "510100", 30.57, 103.92, PRIMARY),
    ("W20", "昆明晋宁仓", "Kunming Jinning", "530100", 24.67, 102.60, PRIMARY),
    ("W21", "乌鲁木齐头屯河仓", "Urumqi Toutunhe", "650100", 43.88, 87.43, PRIMARY),
    ("B01", "天津武清备份仓", "Tianjin Wuqing backup", "120100", 39.38, 117.04, BACKUP),
    ("B02", "青岛胶州备份仓", "Qingdao Jiaozhou backup", "370200", 36.26, 120.03, BACKUP),
    ("B03", "苏州昆山备份仓", "Kunshan backup", "320500", 31.38, 120.98, BACKUP),
    ("B04", "嘉兴备份仓", "Jiaxing backup", "330400", 30.75, 120.76, BACKUP),
    ("B05", "厦门同安备份仓", "Xiamen Tong'an backup", "350200", 24.72, 118.15, BACKUP),
    ("B06", "深圳龙岗备份仓", "Shenzhen Longgang backup", "440300", 22.72, 114.25, BACKUP),
    ("B07", "贵阳龙里备份仓", "Guiyang backup", "520100", 26.55, 106.90, BACKUP),
    ("B08", "兰州新区备份仓", "Lanzhou New Area backup", "620100", 36.48, 103.65, BACKUP),
    ("B09", "长春绿园备份仓", "Changchun Lüyuan backup", "220100", 43.93, 125.19, BACKUP),
    ("T01", "金华临时仓", "Jinhua temporary", "330700", 29.10, 119.65, TEMPORARY),
    ("T02", "徐州临时仓", "Xuzhou temporary", "320300", 34.26, 117.18, TEMPORARY),
]

# code, name, English name, price level, furthest it goes (km), service levels
CARRIERS: list[tuple[str, str, str, float, int, tuple[str, ...]]] = [
    ("C01", "迅羽川速运", "Xunyuchuan Express", 1.10, 6000, ("standard", "express")),
    ("C02", "远岚物流", "Yuanlan Logistics", 0.92, 6000, ("standard",)),
    ("C03", "晨麂快递", "Chenji Parcel", 0.95, 2000, ("standard", "express")),
    ("C04", "海榫货运", "Haisun Freight", 0.88, 1600, ("standard",)),
    ("C05", "青秧配送", "Qingyang Delivery", 0.98, 900, ("standard", "express")),
    ("C06", "北砚冷链", "Beiyan Cold Chain", 1.25, 1500, ("standard", "express")),
    ("C07", "燕翎航空货运", "Yanling Air Cargo", 1.45, 6000, ("express",)),
    ("C08", "铁驼岭铁路快运", "Tietuoling Rail", 0.84, 6000, ("standard",)),
    ("C09", "帆渚联运", "Fanzhu Intermodal", 0.86, 2500, ("standard",)),
    ("C10", "蜂巷同城", "Fengxiang City Courier", 0.90, 160, ("standard", "express")),
    ("C11", "云磴干线", "Yundeng Linehaul", 0.94, 3000, ("standard", "express")),
    ("C12", "松鹇快运", "Songxian Express", 1.00, 2200, ("standard", "express")),
]

# Rough population in 100,000s of the province by its GB/T 2260 prefix: only the proportions matter.
PEOPLE = {
    "11": 22, "12": 14, "13": 74, "14": 35, "15": 24, "21": 42, "22": 24, "23": 31, "31": 38, "32": 110, "33": 98,
    "34": 61, "35": 50, "36": 45, "37": 101, "41": 99, "42": 58, "43": 66, "44": 165, "45": 50, "46": 10, "50": 32,
    "51": 84, "52": 39, "53": 47, "54": 4, "61": 40, "62": 25, "63": 6, "64": 7, "65": 26,
}  # fmt: skip

GENERAL = [f"GD-{number:02d}" for number in range(1, 31)]
FRESH = [f"FR-{number:02d}" for number in range(1, 7)]
MEDICAL = [f"MD-{number:02d}" for number in range(1, 5)]
# Orders a day that stand-ins can take over.
SPARE = {BACKUP: 1200, TEMPORARY: 600}
# Stand-ins are on standby: hours from opening one to its first order.
LEAD_HOURS = {BACKUP: 4, TEMPORARY: 12}
# What a warehouse without the full assortment keeps.
ASSORTMENT = {BACKUP: GENERAL + MEDICAL, TEMPORARY: GENERAL[:20] + MEDICAL}

# Weight bands in kg: from, to, share of the lane's base price, price per kg relative to the lane's.
BANDS: list[tuple[str, str | None, str, str]] = [
    ("0", "1", "1.00", "0"),
    ("1.01", "5", "1.05", "1.00"),
    ("5.01", "20", "1.60", "0.88"),
    ("20.01", None, "3.20", "0.74"),
]
# Lanes per city: rank of the warehouse by distance → how many carriers, and its room relative to the city's demand.
REACH = [(3, 0.8), (2, 0.6), (2, 0.4), (1, 0.3)]
STAND_INS = [(1, 0.4), (1, 0.2)]  # the nearest backup or temporary warehouses
NO_LANES = ("71", "81", "82", "4603")  # across a customs border, or without a road


@dataclass
class Network:
    """What the orders of the sample are drawn from."""

    cities: list[Region]
    demand: list[float]  # share of all orders, per city
    lanes: dict[str, list[Lane]] = field(default_factory=lambda: defaultdict(list))  # city → lanes, nearest first
    primary: frozenset[str] = frozenset()


def load_network(chance: random.Random) -> Network:
    """Enter regions, warehouses, carriers and lanes, and return what orders need."""
    cities = [region for region in load_regions() if region.level == RegionLevel.CITY]
    cities = [city for city in cities if not city.code.startswith(NO_LANES)]
    network = Network(cities=cities, demand=demand_of(cities))
    warehouses = load_warehouses(network)
    carriers = Carrier.objects.bulk_create(
        Carrier(code=code, name=name, name_en=name_en) for code, name, name_en, *_ in CARRIERS
    )
    assert len(carriers) == len(CARRIERS)
    load_calendars()
    load_lanes(network, warehouses, chance)
    return network


def load_regions() -> list[Region]:
    with (Path(__file__).parent / "regions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    regions = [
        Region(
            code=row["code"],
            level=row["level"],
            parent_id=row["parent"] or None,
            name=row["name"],
            name_en=row["name_en"],
            lat=float(row["lat"]),
            lon=float(row["lon"]),
            core=row["core"] == "1",
        )
        for row in rows
    ]
    known = Region.objects.in_bulk([region.code for region in regions])
    missing = [region for region in regions if region.code not in known]
    Region.objects.bulk_create(sorted(missing, key=lambda region: region.level != RegionLevel.PROVINCE))
    return regions


def demand_of(cities: list[Region]) -> list[float]:
    """Each city's share of the orders: its province's people, a core city counting four times."""
    weight = [4.0 if city.core else 1.0 for city in cities]
    whole: dict[str, float] = defaultdict(float)
    for city, own in zip(cities, weight, strict=True):
        whole[city.code[:2]] += own
    shares = [PEOPLE[city.code[:2]] * own / whole[city.code[:2]] for city, own in zip(cities, weight, strict=True)]
    return [share / sum(shares) for share in shares]


def load_warehouses(network: Network) -> list[Warehouse]:
    served: dict[str, float] = defaultdict(float)
    for city, share in zip(network.cities, network.demand, strict=True):
        main = [row for row in WAREHOUSES if row[6] == PRIMARY]
        served[min(main, key=lambda row: distance(row[4], row[5], city.lat or 0, city.lon or 0))[0]] += share
    network.primary = frozenset(row[0] for row in WAREHOUSES if row[6] == PRIMARY)
    warehouses = Warehouse.objects.bulk_create(
        Warehouse(
            code=code,
            name=name,
            name_en=name_en,
            region_id=region,
            lat=lat,
            lon=lon,
            kind=kind,
            daily_capacity=SPARE.get(WarehouseKind(kind)) or round(served[code] * DAILY_ORDERS * 1.4) + 150,
            unit_cost=Decimal({PRIMARY: "1.10", BACKUP: "1.45", TEMPORARY: "1.90"}[WarehouseKind(kind)]),
            full_assortment=kind == PRIMARY,
            standby=kind != PRIMARY,
            lead_hours=LEAD_HOURS.get(WarehouseKind(kind), 0),
        )
        for code, name, name_en, region, lat, lon, kind in WAREHOUSES
    )
    WarehouseProduct.objects.bulk_create(
        WarehouseProduct(warehouse=warehouse, product=product)
        for warehouse in warehouses
        for product in ASSORTMENT.get(WarehouseKind(warehouse.kind), [])
    )
    return warehouses


def load_lanes(network: Network, warehouses: list[Warehouse], chance: random.Random) -> None:
    lanes: list[Lane] = []
    courses: list[tuple[Lane, Warehouse, Region, float]] = []
    ways = Ways()
    ways.load()
    prices: list[tuple[Decimal, Decimal]] = []
    for city, share in zip(network.cities, network.demand, strict=True):
        near = sorted(
            (distance(house.lat or 0, house.lon or 0, city.lat or 0, city.lon or 0), house.code, house)
            for house in warehouses
        )
        main = [row for row in near if row[2].kind == PRIMARY][: len(REACH)]
        others = [row for row in near if row[2].kind != PRIMARY][: len(STAND_INS)]
        for rows, plan in ((main, REACH), (others, STAND_INS)):
            for (km, _code, house), (carriers, room) in zip(rows, plan, strict=True):
                for level, lane, price in lanes_between(house, city, km, carriers, chance):
                    part = room * (0.5 if level == "express" else 1.0) / max(1, carriers)
                    lane.daily_capacity = max(6, round(share * DAILY_ORDERS * part * 1.6))
                    lanes.append(lane)
                    courses.append((lane, house, city, km))
                    prices.append(price)
                    network.lanes[city.code].append(lane)
    Lane.objects.bulk_create(lanes, batch_size=2000)
    copy_rows(
        LaneRate,
        ("lane_id", "min_weight", "max_weight", "minimum", "rate"),
        (
            (lane.pk, low, high, cents(base * Decimal(part)), cents(per_kg * Decimal(relative)))
            for lane, (base, per_kg) in zip(lanes, prices, strict=True)
            for low, high, part, relative in BANDS
        ),
    )

    load_legs(ways, courses)
    load_contracts(lanes)


def lanes_between(
    house: Warehouse, city: Region, km: float, carriers: int, chance: random.Random
) -> list[tuple[str, Lane, tuple[Decimal, Decimal]]]:
    """Some carriers' standard lanes, and one express lane, from a warehouse to a city, with base price and per kg."""
    found = []
    for level, count in (("standard", carriers), ("express", 1)):
        able = [row for row in CARRIERS if row[4] >= km and level in row[5] and (row[0] != "C06" or km < 1500)]
        for code, _name, _name_en, factor, _furthest, _levels in chance.sample(able, min(count, len(able))):
            fast = level == "express"
            hours = (8 + km / 75 if km < 800 else 22 + km / 400) if fast else 14 + km / 42
            lane = Lane(
                warehouse=house,
                region=city,
                carrier_id=code,
                service_level=level,
                mode=(mode := "air" if code == "C07" else "rail" if code == "C08" else "road"),
                transit_hours=round(hours),
                p90_hours=round(hours * SLOW[mode]),
                risk=RISKS.get(city.code[:2], 0.0),
                cutoff=time(20 if fast else 18),
            )
            scale = factor * (1.9 if fast else 1.0) * chance.uniform(0.95, 1.05)
            found.append((level, lane, (cents((2.6 + km * 0.0016) * scale), cents((0.7 + km * 0.0011) * scale))))
    return found


def cents(value: float | Decimal) -> Decimal:
    return Decimal(value).quantize(Decimal("0.01"))

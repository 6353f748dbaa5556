"""The severity matrix, level rules, ladder and readiness checklist as they ship. Data only."""

from __future__ import annotations

# (code, group, name, English name, unit, measured, {level: at least})
INDICATORS: list[tuple[str, str, str, str, str, bool, dict[int, str]]] = [
    ("districts", "region", "受影响区县或站点", "districts or stations hit", "count", False, {4: "1"}),
    ("cities", "region", "受影响城市", "cities hit", "count", True, {3: "1", 2: "3"}),
    ("core_zones", "region", "受影响核心区域", "core zones hit", "count", False, {3: "1"}),
    ("provinces", "region", "受影响省份", "provinces hit", "count", True, {2: "1", 1: "2"}),
    ("lane_share", "lanes", "受阻线路占比", "active lanes blocked", "share", True,
     {4: "0.02", 3: "0.05", 2: "0.15", 1: "0.30"}),
    ("order_share", "orders", "受影响在途订单占比", "open orders affected", "share", True,
     {4: "0.01", 3: "0.05", 2: "0.15", 1: "0.30"}),
    ("order_count", "orders", "受影响在途订单数", "open orders affected (number)", "count", True,
     {4: "1000", 3: "10000", 2: "100000", 1: "300000"}),
    ("outage_physical", "outage", "预计中断时长（实体设施）", "expected outage, physical", "minutes", False,
     {4: "120", 3: "360", 2: "1440", 1: "2880"}),
    ("outage_it", "outage", "预计中断时长（核心系统）", "expected outage, core IT", "minutes", False,
     {4: "15", 3: "30", 2: "120", 1: "360"}),
    ("hospitalised", "people", "住院人数", "people hospitalised", "count", False, {4: "1"}),
    ("serious_injuries", "people", "重伤人数", "serious injuries", "count", False, {3: "3", 2: "10", 1: "50"}),
    ("deaths", "people", "死亡人数", "deaths", "count", False, {3: "1", 2: "3", 1: "10"}),
    ("infections_suspected", "infection", "同一场所疑似病例", "suspected cases at one site", "count", False, {4: "1"}),
    ("infections", "infection", "同一场所感染病例", "infectious cases at one site", "count", False, {3: "3", 2: "10"}),
    ("sites_sealed", "infection", "封控场所", "sites sealed", "count", False, {2: "1", 1: "3"}),
    ("people_leaked", "data", "个人信息泄露人数", "people whose data leaked", "count", False,
     {4: "1", 3: "10000", 2: "1000000", 1: "10000000"}),
    ("capacity_share", "capacity", "损失的网络产能占比", "network capacity lost", "share", True,
     {4: "0.05", 3: "0.10", 2: "0.20", 1: "0.40"}),
    ("loss", "loss", "直接经济损失", "direct loss", "money", False,
     {4: "50000", 3: "500000", 2: "5000000", 1: "20000000"}),
]  # fmt: skip

SITE = ["site", "operations"]
SECTIONS = ["commander", "operations", "planning", "customer_service", "logistics", "information", "site"]
STAFF = [
    "commander", "deputy", "operations", "planning", "logistics", "finance", "information", "liaison", "safety", "it",
    "customer_service", "warehousing", "site",
]  # fmt: skip
GENERAL = ["commander", "operations", "planning", "logistics", "finance", "information", "liaison", "safety"]

LEVELS: list[dict[str, object]] = [
    {
        "level": 1, "name": "特别重大", "name_en": "Critical",
        "decider_post": "commander", "decider": "总指挥（首席执行官）", "decider_en": "Incident Commander (CEO)",
        "called_posts": [*STAFF, "duty_officer"], "required_posts": GENERAL, "shifts": 2,
        "post_name": "总部指挥部及现场指挥部", "post_name_en": "Headquarters and field command posts",
        "report_minutes": 30, "first_notice_minutes": 30, "notice_update_minutes": 240, "cost_cap": None,
        "reroute_orders": None, "reroute_reach": "temporary",
        "close_throughput": "0.80", "close_hold_minutes": 360, "review_days": 3,
    },
    {
        "level": 2, "name": "重大", "name_en": "Severe",
        "decider_post": "commander", "decider": "物流副总裁", "decider_en": "VP Logistics",
        "called_posts": STAFF, "required_posts": GENERAL, "shifts": 1,
        "post_name": "总部指挥部", "post_name_en": "Headquarters command post",
        "report_minutes": 60, "first_notice_minutes": 30, "notice_update_minutes": 360, "cost_cap": "0.50",
        "reroute_orders": 300_000, "reroute_reach": "temporary",
        "close_throughput": "0.80", "close_hold_minutes": 120, "review_days": 5,
    },
    {
        "level": 3, "name": "较大", "name_en": "Serious",
        "decider_post": "deputy", "decider": "区域总监", "decider_en": "Regional Director",
        "called_posts": SECTIONS, "required_posts": ["commander", "operations", "planning", "information"], "shifts": 1,
        "post_name": "区域指挥部", "post_name_en": "Regional command post",
        "report_minutes": 120, "first_notice_minutes": 60, "notice_update_minutes": 720, "cost_cap": "0.25",
        "reroute_orders": 100_000, "reroute_reach": "province",
        "close_throughput": "0.80", "close_hold_minutes": 60, "review_days": 7,
    },
    {
        "level": 4, "name": "一般", "name_en": "Moderate",
        "decider_post": "duty_officer", "decider": "值班长", "decider_en": "Duty Officer",
        "called_posts": SITE, "required_posts": SITE, "shifts": 1,
        "post_name": "线上指挥部", "post_name_en": "Virtual command post",
        "report_minutes": 240, "first_notice_minutes": 60, "notice_update_minutes": None, "cost_cap": "0.10",
        "reroute_orders": 10_000, "reroute_reach": "province",
        "close_throughput": None, "close_hold_minutes": 0, "review_days": 7,
    },
]  # fmt: skip

# (minutes after the call, kind, channel or number of the alternate)
LADDER: list[tuple[int, str, str]] = [
    (0, "channel", "in_app"),
    (0, "channel", "bot"),
    (3, "channel", "sms"),
    (5, "channel", "voice"),
    (8, "alternate", "1"),
    (12, "alternate", "2"),
]

# (code, name, English name, asked for at this level and every more severe one)
READINESS: list[tuple[str, str, str, int]] = [
    ("communications", "通信畅通：会议、电话、对讲均已测试", "Communications tested: conference, phone, radio", 4),
    ("picture", "态势已上屏：影响范围、订单、人员", "Situation displayed: area, orders, people", 4),
    ("roles", "各岗位已明确分工和汇报线", "Every post knows its task and whom it reports to", 3),
    ("backup", "备用电源和备用网络可用", "Backup power and backup network work", 2),
    ("relief", "第二班人员和休息安排已落实", "Second shift and rest are arranged", 1),
]

"""The emergency stock of a regional warehouse as it ships: rows an administrator can change. Data only.

(code, name, English name, unit, English unit, category, par, whole, perishable, check every N days, what is checked,
the same in English), after the list that the operations department keeps for its regional warehouses.
"""

from __future__ import annotations

ITEMS: list[tuple[str, str, str, str, str, str, int, bool, bool, int, str, str]] = [
    ("GEN30", "移动发电机 30 kW", "Mobile generator 30 kW", "台", "units", "power", 2, True, False, 7,
     "每周目检；每月带载 30% 以上运行 30 分钟", "Weekly look; monthly 30 min at 30 % load or more"),
    ("DIESEL", "柴油", "Diesel", "升", "L", "power", 400, False, True, 30,
     "每月检查；6 个月轮换", "Monthly; rotate every 6 months"),
    ("UPS", "UPS/移动电源", "UPS or power pack", "台", "units", "power", 4, True, False, 30,
     "每月放电测试", "Monthly discharge test"),
    ("SATPHONE", "卫星电话", "Satellite phone", "部", "units", "communications", 2, True, False, 30,
     "每月通话测试", "Monthly test call"),
    ("RADIO", "对讲机", "Two-way radio", "部", "units", "communications", 20, True, False, 30,
     "每月通话测试", "Monthly test call"),
    ("ROUTER5G", "双运营商 5G 路由", "Dual-carrier 5G router", "套", "sets", "communications", 4, True, False, 30,
     "每月上线测试", "Monthly, on line"),
    ("PDA", "备用 PDA", "Spare handheld scanner", "台", "units", "sorting", 20, True, False, 30,
     "每月开机充电", "Monthly, charge and start"),
    ("PRINTER", "面单打印机", "Label printer", "台", "units", "sorting", 6, True, False, 90,
     "每季度试打", "Quarterly test print"),
    ("WAYBILL", "离线运单", "Offline waybills", "张", "sheets", "sorting", 2000, True, False, 180,
     "每半年清点", "Half-yearly count"),
    ("VAN", "备用配送车（含合同车）", "Spare delivery van, own or hired", "辆", "vans", "vehicles", 10, True, False, 7,
     "每周确认；每月试驾", "Weekly confirmation; monthly drive"),
    ("CARTON", "纸箱", "Cartons", "个", "pieces", "packing", 1000, True, False, 90,
     "每季度清点", "Quarterly count"),
    ("FILM", "防水膜", "Waterproof film", "卷", "rolls", "packing", 100, True, False, 90,
     "每季度清点", "Quarterly count"),
    ("TARP", "篷布", "Tarpaulins", "张", "sheets", "packing", 40, True, False, 90,
     "每季度清点", "Quarterly count"),
    ("COLDBOX", "保温箱+冰排", "Cool box with ice packs", "套", "sets", "cold_chain", 30, True, False, 90,
     "每季度检查", "Quarterly"),
    ("SANDBAG", "沙袋", "Sandbags", "条", "bags", "flood", 300, True, False, 30,
     "汛期每月检查", "Monthly in flood season"),
    ("PUMP", "潜水泵", "Submersible pump", "台", "units", "flood", 4, True, False, 30,
     "汛期每月试机", "Monthly test run in flood season"),
    ("CHAINS", "防滑链", "Snow chains", "套", "sets", "winter", 20, True, False, 365,
     "入冬前检查", "Before winter"),
    ("DEICER", "融雪剂", "De-icer", "公斤", "kg", "winter", 1000, False, False, 365,
     "入冬前检查", "Before winter"),
    ("LAMP", "应急灯", "Emergency lamp", "盏", "lamps", "fire", 12, True, False, 30,
     "每月点亮测试", "Monthly light test"),
    ("EXTING", "灭火器", "Fire extinguisher", "具", "units", "fire", 40, True, True, 30,
     "每月检查压力", "Monthly pressure check"),
    ("FIRSTAID", "急救箱", "First-aid kit", "个", "kits", "medical", 6, True, True, 30,
     "每月检查及有效期", "Monthly, and expiry"),
    ("AED", "AED 除颤仪", "AED", "台", "units", "medical", 2, True, True, 30,
     "每月自检及电极有效期", "Monthly self-test, and pad expiry"),
    ("KN95", "KN95 口罩", "KN95 masks", "只", "pieces", "hygiene", 2000, True, True, 90,
     "每季度清点，先到期先出", "Quarterly, first expired first out"),
    ("DISINFECT", "消毒液", "Disinfectant", "升", "L", "hygiene", 100, False, True, 90,
     "每季度清点，先到期先出", "Quarterly, first expired first out"),
    ("THERMO", "测温枪", "Infrared thermometer", "把", "units", "hygiene", 10, True, False, 90,
     "每季度校验", "Quarterly calibration"),
    ("RAINCOAT", "反光雨衣", "Reflective raincoat", "件", "pieces", "traffic", 60, True, False, 180,
     "每半年清点", "Half-yearly count"),
    ("CONE", "路锥", "Traffic cone", "个", "pieces", "traffic", 40, True, False, 180,
     "每半年清点", "Half-yearly count"),
    ("RATION", "饮水食品", "Water and food", "人·日", "person-days", "food", 150, True, True, 180,
     "每半年清点，先到期先出", "Half-yearly, first expired first out"),
]  # fmt: skip


def rows() -> list[dict[str, object]]:
    """The items as keyword arguments of the model."""
    names = ["code", "name", "name_en", "unit", "unit_en", "category", "default_par", "whole", "perishable"]
    names += ["check_days", "check_note", "check_note_en"]
    return [dict(zip(names, item, strict=True)) | {"rank": rank} for rank, item in enumerate(ITEMS, 1)]

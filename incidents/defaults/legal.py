# ruff: noqa: E501  (a table of texts)
"""The duties that the law starts, as they ship: when each begins, by when, to whom, and what the report must say."""

from __future__ import annotations

from typing import Any

# (code, name, English name, required)
Field = tuple[str, str, str, bool]


def form(*fields: Field) -> list[dict[str, Any]]:
    return [{"code": code, "name": zh, "name_en": en, "required": needed} for code, zh, en, needed in fields]


RECEIVED: Field = ("received_by", "受理单位、受理人和编号", "Who took the report, and its number", True)

# 生产安全事故报告和调查处理条例（国务院令第493号）第十二条
ACCIDENT_FORM = form(
    ("unit", "事故发生单位概况", "The unit where it happened", True),
    ("when_where", "时间、地点以及事故现场情况", "Time, place and the state of the scene", True),
    ("course", "事故简要经过", "What happened, in short", True),
    ("casualties", "已造成或可能造成的伤亡人数（含下落不明）", "Dead, injured and missing, known or feared", True),
    ("loss", "初步估计的直接经济损失", "First estimate of the direct loss", True),
    ("measures", "已经采取的措施", "What was done already", True),
    ("other", "其他应当报告的情况", "Anything else to be reported", False),
    RECEIVED,
)
# 国家网络安全事件报告管理办法：报告内容
CYBER_FORM = form(
    ("unit", "事发单位及设施、系统、平台基本情况", "The unit and the facility, system or platform hit", True),
    ("when_where", "发现或发生时间、地点", "When and where it was found or happened", True),
    ("kind", "事件类型和级别", "Kind and class of the incident", True),
    ("harm", "已造成的影响和危害", "Effects and harm so far", True),
    ("measures", "已采取的措施及效果", "What was done, and how well it worked", True),
    ("ransom", "勒索攻击：要求的金额、方式和日期", "Ransom: amount, way and date demanded", False),
    ("trend", "事态发展趋势及可能的进一步影响", "How it may develop, and further harm", True),
    ("cause", "事件原因初步分析", "First analysis of the cause", True),
    ("clues", "调查线索：可能的攻击者、路径、漏洞", "Clues: possible attacker, path, vulnerability", False),
    ("next", "拟采取的措施及请求支援事项", "Next measures, and support asked for", True),
    ("scene", "事件现场的保护情况", "How the evidence is preserved", True),
    RECEIVED,
)

LEGAL_CLOCKS: list[dict[str, Any]] = [
    {
        "code": "safety_accident", "name": "生产安全事故报告", "name_en": "Report the safety accident", "minutes": 60,
        "authority": "县级以上应急管理部门", "authority_en": "County emergency management department or above",
        "trigger": "发生造成人员伤亡的生产安全事故（单位负责人接到报告起算）",
        "trigger_en": "A safety accident with casualties happened (counted from when the head of the unit is told)",
        "source": "国务院令第493号 第九条", "form": ACCIDENT_FORM,
    },
    {
        "code": "network_blocked", "name": "服务网络阻断报告并公告",
        "name_en": "Report and announce the blocked service network", "minutes": 1440,
        "authority": "邮政管理部门", "authority_en": "Postal administration",
        "trigger": "快递服务网络阻断，或停止寄递服务影响用户",
        "trigger_en": "The courier network is blocked, or service that customers rely on has stopped",
        "source": "快递市场管理办法 第三十九条",
        "form": form(
            ("extent", "阻断的地域、网点和线路", "Areas, stations and lanes blocked", True),
            ("cause", "阻断原因", "Cause", True),
            ("since", "开始时间", "Since when", True),
            ("parcels", "滞留和受影响快件数量", "Parcels held up or affected", True),
            ("until", "预计恢复时间", "Expected recovery", True),
            ("measures", "已采取的疏运和处置措施", "What is done to move the parcels", True),
            ("notice", "向社会公告的时间和渠道", "When and where the public was told", True),
            RECEIVED,
        ),
    },
    {
        "code": "data_leak", "name": "个人信息泄露：立即补救并告知",
        "name_en": "Data leak: remedy at once and notify", "minutes": 60,
        "authority": "网信部门及相关个人", "authority_en": "Cyberspace administration and those concerned",
        "trigger": "发生或可能发生个人信息泄露、篡改、丢失",
        "trigger_en": "Personal data was, or may have been, leaked, altered or lost",
        "source": "个人信息保护法 第五十七条",
        "form": form(
            ("kinds", "涉及的个人信息种类和人数", "Kinds of personal data, and how many people", True),
            ("cause", "泄露、篡改、丢失的原因", "Cause", True),
            ("harm", "可能造成的危害", "Possible harm", True),
            ("remedies", "已采取的补救措施", "Remedies taken", True),
            ("advice", "个人可以采取的减轻危害的措施", "What those concerned can do themselves", True),
            ("contact", "处理者的联系方式", "How to reach us", True),
            ("notified", "通知个人的时间和方式，或不通知的理由", "When and how people were told, or why not", True),
            RECEIVED,
        ),
    },
    {
        "code": "cyber_incident", "name": "较大以上网络安全事件报告", "name_en": "Report the cyber incident", "minutes": 240,
        "authority": "省级网信部门", "authority_en": "Provincial cyberspace office",
        "trigger": "发生较大以上网络安全事件",
        "trigger_en": "A cyber incident of the class 较大 or above happened",
        "source": "国家网络安全事件报告管理办法 (2025-11-01)", "form": CYBER_FORM,
    },
    {
        "code": "cyber_critical", "name": "关键信息基础设施网络安全事件报告",
        "name_en": "Report the cyber incident of critical infrastructure", "minutes": 60,
        "authority": "保护工作部门及公安机关", "authority_en": "Sector regulator and police",
        "trigger": "关键信息基础设施发生较大以上网络安全事件",
        "trigger_en": "A cyber incident of 较大 or above hit critical information infrastructure",
        "source": "国家网络安全事件报告管理办法 (2025-11-01)", "form": CYBER_FORM,
    },
    {
        "code": "public_health", "name": "突发公共卫生事件报告", "name_en": "Report the public health event", "minutes": 120,
        "authority": "县级卫生健康主管部门", "authority_en": "County health department",
        "trigger": "发现传染病疑似或确诊病例聚集、群体性不明原因疾病或食物中毒",
        "trigger_en": "A cluster of suspected or confirmed infections, an unexplained illness of many, or food poisoning",
        "source": "突发公共卫生事件应急条例 第二十条",
        "form": form(
            ("event", "事件名称和初步判断的类别", "Event, and what it is thought to be", True),
            ("when_where", "发生时间、地点和涉及范围", "Time, place and area concerned", True),
            ("people", "涉及人数、发病和死亡人数", "People exposed, ill and dead", True),
            ("symptoms", "主要症状与体征", "Main symptoms", True),
            ("cause", "可能的原因", "Possible cause", False),
            ("measures", "已采取的措施", "What was done already", True),
            ("trend", "发展趋势和下一步计划", "How it develops, and what comes next", True),
            RECEIVED,
        ),
    },
    {
        "code": "complaint", "name": "客户投诉答复", "name_en": "Answer the customer complaint", "minutes": 10080,
        "authority": "投诉人", "authority_en": "The person who complained",
        "trigger": "收到用户对快递服务的投诉", "trigger_en": "A customer complained about the delivery",
        "source": "快递暂行条例",
        "form": form(
            ("complaint", "投诉编号和事由", "Number and reason of the complaint", True),
            ("finding", "调查结果", "What was found", True),
            ("remedy", "处理结果和补偿", "What is done, and compensation", True),
            ("answered", "告知用户的时间和方式", "When and how the customer was told", True),
        ),
    },
]  # fmt: skip

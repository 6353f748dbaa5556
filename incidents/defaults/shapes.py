"""How a default plan is written down, and what all of them share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from incidents.models import MeasureKind as K
from incidents.models import Phase as P

Due = tuple[int | None, int | None, int | None, int | None]  # minutes at Ⅳ, Ⅲ, Ⅱ, Ⅰ; None: not at that level


@dataclass(frozen=True)
class M:
    """One measure at all levels. `how` and `how_en` tell the person who does it what to do."""

    code: str
    phase: str
    post: str
    due: Due
    name: str
    name_en: str
    how: str = ""
    how_en: str = ""
    kind: str = K.CHECKLIST
    params: dict[str, Any] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    needs_approval: bool = False
    level_params: tuple[dict[str, Any], ...] = ({}, {}, {}, {})  # at Ⅳ, Ⅲ, Ⅱ, Ⅰ


@dataclass(frozen=True)
class Template:
    """A plan for all four levels."""

    category: str
    name: str
    name_en: str
    trigger: str
    trigger_en: str
    objectives: str
    objectives_en: str
    exit: str
    exit_en: str
    review: str
    review_en: str
    measures: tuple[M, ...]
    contacts: tuple[tuple[str, str, str], ...]
    supplies: tuple[tuple[str, int], ...]
    legal_clocks: tuple[str, ...]


CALL = M(
    "call_out",
    P.ACTIVATION,
    "duty_officer",
    (15, 15, 15, 15),
    "召集响应人员",
    "Call the response staff out",
    "系统按值班表逐级呼叫；无人应答自动升级到候补。",
    "The system calls the roster and climbs to alternates.",
    K.CALL_OUT,
)
MAN = M(
    "man_post",
    P.ACTIVATION,
    "commander",
    (20, 20, 20, 20),
    "指挥部岗位就位",
    "Man the command post",
    "必到岗位全部到岗；空缺岗位由总指挥兼任。",
    "All required posts taken; an unfilled one falls to the commander.",
    K.MAN_COMMAND_POST,
)
HEAD_COUNT = M(
    "head_count",
    P.RESPONSE,
    "safety",
    (20, 20, 15, 15),
    "清点人员",
    "Head count",
    "在岗、在途、失联人员逐一核对；失联立即搜寻。",
    "On shift, on the road, missing: check one by one; search at once.",
)
BRIEF = M(
    "briefing",
    P.ACTIVATION,
    "planning",
    (None, 30, 25, 20),
    "态势首报",
    "First situation briefing",
    "发生了什么、影响多大、已做什么、下一步；含人员、订单、线路、天气。",
    "What happened, how large, what was done, what next: people, orders, lanes, weather.",
)
BRIEF_SMALL = M(
    "briefing_site",
    P.ACTIVATION,
    "operations",
    (30, None, None, None),
    "现场情况首报",
    "First report from the site",
    "现场情况、影响范围、预计恢复时间报值班长。",
    "Tell the duty officer the situation, its extent and the expected recovery.",
)
CLOSE = M(
    "close_lanes",
    P.RESPONSE,
    "operations",
    (15, 15, 15, 15),
    "封闭受影响线路",
    "Close the lanes hit",
    "系统封闭事件范围内的线路和仓库，不再分配新单。",
    "The system closes the lanes and warehouses of the scope.",
    K.CLOSE_SCOPE,
    {"action": "close"},
)
REROUTE = M(
    "reroute",
    P.RESPONSE,
    "operations",
    (60, 60, 45, 40),
    "改派受影响订单",
    "Reroute affected orders",
    "系统求解改派方案；运营调度组长核对成本与时效后批准，分波下发。",
    "The system proposes; the operations chief checks cost and promise, approves, and applies wave by wave.",
    K.REROUTE,
    {"open_standby": True},
    after=("close_lanes",),
    level_params=({"days": 2}, {"days": 3}, {"days": 3}, {"days": 3}),
)
FIRST_NOTICE = M(
    "first_notice",
    P.RESPONSE,
    "customer_service",
    (60, 60, 30, 30),
    "首次延误通知",
    "First delay notice",
    "告知原因、预计送达和退款渠道；超过一万人须第二人批准。",
    "Tell the cause, the new estimate and how to get a refund; above 10,000 a second person approves.",
    K.NOTIFY_CUSTOMERS,
    {"template": "delay"},
    needs_approval=True,
)
REPORT = M(
    "internal_report",
    P.RESPONSE,
    "planning",
    (240, 120, 60, 30),
    "内部报告",
    "Internal report",
    "进展、人员、订单、通知、物资、风险、所需支援。",
    "Progress, people, orders, notices, supplies, risks, support needed.",
    K.INTERNAL_REPORT,
)
PARTNERS = M(
    "partners",
    P.RESPONSE,
    "liaison",
    (None, 60, 45, 30),
    "联络承运商与合作方",
    "Call carriers and partners",
    "确认备用运力、接驳点和对接人。",
    "Confirm spare capacity, transfer points and contacts.",
)
STATEMENT = M(
    "statement",
    P.RESPONSE,
    "information",
    (None, 90, 60, 45),
    "统一口径与公告",
    "Agree and publish a statement",
    "审定对外口径；在官网、客服和门店同步公告。",
    "Approve the wording; publish on site, hotline and stations.",
)
NOTICE_UPDATE = M(
    "notice_update",
    P.RESPONSE,
    "customer_service",
    (None, 720, 360, 240),
    "更新客户通知",
    "Update the customer notice",
    "原因、预计送达或补偿有变化时立即更新；没有变化也按级别间隔更新，直到恢复。",
    "At once when cause, estimate or compensation change; otherwise at the level's interval until recovery.",
    after=("first_notice",),
)
PAUSE_LOW = M(
    "pause_low_priority",
    P.RESPONSE,
    "operations",
    (None, None, 60, 45),
    "暂停低优先级订单",
    "Pause low-priority orders",
    "运力让给核心区域和医药生鲜；记录暂停范围和恢复时间。",
    "Capacity goes to core regions, medicine and fresh goods; note what is paused and until when.",
)
SUSPEND_ZONES = M(
    "suspend_zones",
    P.RESPONSE,
    "operations",
    (None, None, None, 60),
    "停运高风险片区",
    "Suspend high-risk zones",
    "按片区停止揽派，公布停运片区、开始时间和预计恢复，包裹就近安全保管。",
    "Stop pick-up and delivery zone by zone; publish zones, start and expected end; keep parcels safe nearby.",
)
EXECUTIVES = M(
    "executives",
    P.ACTIVATION,
    "commander",
    (None, None, None, 20),
    "通报高管与关键合作方",
    "Tell executives and key partners",
    "电话通报高管、主要承运商、平台大客户；约定通报频次。",
    "Ring executives, main carriers and large customers; agree how often they hear.",
)
INSPECT = M(
    "inspect",
    P.RECOVERY,
    "safety",
    (120, 240, 480, 480),
    "复工前安全检查",
    "Inspect before reopening",
    "结构、用电、消防、道路、设备逐项检查并签字。",
    "Structure, power, fire, road and equipment, signed off one by one.",
)
REOPEN = M(
    "reopen_lanes",
    P.RECOVERY,
    "operations",
    (150, 300, 540, 540),
    "恢复线路",
    "Reopen the lanes",
    "检查合格后批准；系统恢复线路，核心区域优先。",
    "Approve after the inspection; the system reopens the lanes.",
    K.CLOSE_SCOPE,
    {"action": "reopen"},
    needs_approval=True,
)
RECOVERY_NOTICE = M(
    "recovery_notice",
    P.RECOVERY,
    "customer_service",
    (240, 360, 600, 600),
    "恢复通知",
    "Recovery notice",
    "告知恢复和新的预计送达。",
    "Tell that delivery has resumed and the new estimate.",
    K.NOTIFY_CUSTOMERS,
    {"template": "recovery"},
    ("reopen_lanes",),
    needs_approval=True,
)
BACKLOG = M(
    "backlog",
    P.RECOVERY,
    "operations",
    (480, 720, 1440, 1440),
    "消化积压",
    "Clear the backlog",
    "分批分区，核心区域和生鲜医药优先。",
    "By batch and zone; core regions, medicine and fresh goods first.",
)
COMPENSATE = M(
    "compensate",
    P.CLOSE,
    "finance",
    (2880, 2880, 4320, 4320),
    "赔付",
    "Compensate",
    "按延误时长和客户等级核算，超限额审批。",
    "By lateness and tier; approval above the limits.",
)
RESTOCK = M(
    "restock",
    P.CLOSE,
    "logistics",
    (2880, 4320, 4320, 4320),
    "物资归还与补库",
    "Return and restock supplies",
    "清点、归还、补足到定额。",
    "Count, return, bring back to par.",
)
DEBRIEF = M(
    "debrief",
    P.CLOSE,
    "planning",
    (10080, 10080, 7200, 4320),
    "复盘报告",
    "After-action report",
    "时间线、做得好的、要改的、责任人与期限；更新预案。",
    "Timeline, what went well, what to change, by whom and when.",
)

DEBRIEF_FULL = M(
    "debrief_full",
    P.CLOSE,
    "planning",
    (None, None, None, 20160),
    "完整复盘报告（14 日）",
    "Full after-action report (14 days)",
    "在三日初报基础上补齐根因、损失、客户影响、改进项和责任人。",
    "On top of the three-day report: root cause, loss, customers, improvements and who owns them.",
    after=("debrief",),
)


def supplies(due: Due, *lines: tuple[str, int]) -> M:
    """Issue these items from the incident's warehouse."""
    return M(
        "issue_supplies",
        P.RESPONSE,
        "logistics",
        due,
        "调拨应急物资",
        "Issue emergency supplies",
        "系统从就近仓库出库；缺口由物资后勤组长协调。",
        "The system issues from the nearest warehouse; logistics covers what is short.",
        K.ISSUE_SUPPLIES,
        {"lines": [{"item": item, "quantity": quantity} for item, quantity in lines]},
    )


def authority(code: str, due: Due, names: tuple[str, str], how: tuple[str, str], post: str = "liaison") -> M:
    """Report to an authority, with proof; names and how it is done in Chinese and English."""
    return M(code, P.RESPONSE, post, due, names[0], names[1], how[0], how[1], K.REPORT_AUTHORITY)

"""The words that ship with the house, as rows an administrator can supersede. Data only.

Each purpose declares its variables once; texts follow domain practice of Chinese carriers and name cause, estimate
and remedy. SMS texts carry no 【签名】 (the gateway adds it) and no 【演练】 (the engine adds it).
"""

from __future__ import annotations

from typing import Any

# code → (name, English name, variables, {(channel, language): (subject, body)})
PURPOSES: dict[str, tuple[str, str, list[str], dict[tuple[str, str], tuple[str, str]]]] = {
    "call_out": (
        "召集",
        "Call-out",
        ["lv", "event", "role", "time", "url"],
        {
            ("sms", "zh-hans"): ("", "${lv}级响应：${event}。请${role}于${time}前到岗：${url}"),
            ("sms", "en"): ("", "Level ${lv} response: ${event}. ${role}, be on post by ${time}: ${url}"),
            ("voice", "zh-hans"): ("", "${lv}级响应，${event}，请${role}于${time}前到岗，收到请按1，详情见短信。"),
            ("voice", "en"): (
                "",
                "Level ${lv} response. ${event}. ${role}, be on post by ${time}. Press 1 if you come."
                " See the text message.",
            ),
        },
    ),
    "callout_alternate": (
        "召集候补",
        "Call-out of an alternate",
        ["lv", "event", "role", "time", "url"],
        {
            ("sms", "zh-hans"): ("", "${lv}级响应：${event}。${role}未到位，请您候补并于${time}前到岗：${url}"),
            ("sms", "en"): (
                "",
                "Level ${lv} response: ${event}. You stand in as ${role}; be on post by ${time}: ${url}",
            ),
            ("voice", "zh-hans"): (
                "",
                "${lv}级响应，${event}，${role}未到位，请您候补并于${time}前到岗，收到请按1，详情见短信。",
            ),
            ("voice", "en"): (
                "",
                "Level ${lv} response. ${event}. You stand in as ${role}. Be on post by ${time}. Press 1 if you come."
                " See the text message.",
            ),
        },
    ),
    "relief": (
        "接班通知",
        "Relief",
        ["lv", "event", "role", "time", "url"],
        {
            ("sms", "zh-hans"): (
                "",
                "${lv}级响应：${event}。您接${role}第二班，请于${time}前做好到岗准备，现在不用来：${url}",
            ),
            ("sms", "en"): (
                "",
                "Level ${lv} response: ${event}. You relieve the ${role}: be ready at ${time}, not now. ${url}",
            ),
        },
    ),
    "arrival_reminder": (
        "到岗提醒",
        "Reminder to arrive",
        ["event", "role", "left", "time", "url"],
        {
            ("sms", "zh-hans"): ("", "${event}：请${role}于${time}前到岗，还剩${left}分钟。到了请点“已到岗”：${url}"),
            ("sms", "en"): (
                "",
                "${event}: ${role}, ${left} min left until ${time}. On arrival tap “I am on post”: ${url}",
            ),
        },
    ),
    "escalation": (
        "超时升级",
        "Escalation",
        ["event", "what", "time", "url"],
        {
            ("sms", "zh-hans"): ("", "${event}：${what}应于${time}前完成，已超时，请立即处理：${url}"),
            ("sms", "en"): ("", "${event}: ${what} was due by ${time} and is overdue. Act now: ${url}"),
            ("voice", "zh-hans"): ("", "${event}，${what}应于${time}前完成，已超时，请立即处理。"),
            ("voice", "en"): ("", "${event}. ${what} was due by ${time} and is overdue. Act now."),
        },
    ),
    "reminder": (
        "到期提醒",
        "Reminder",
        ["event", "what", "time", "url"],
        {
            ("sms", "zh-hans"): ("", "${event}：${what}须于${time}前完成，请抓紧：${url}"),
            ("sms", "en"): ("", "${event}: ${what} is due by ${time}. ${url}"),
        },
    ),
    "level_proposed": (
        "建议升级",
        "Proposed level",
        ["event", "lv", "what", "url"],
        {
            ("sms", "zh-hans"): ("", "${event}：指标已达${lv}级（${what}），请决定是否升级：${url}"),
            ("sms", "en"): ("", "${event}: the figures ask for level ${lv} (${what}). Decide: ${url}"),
        },
    ),
    "approval_asked": (
        "改派待批准",
        "Reroute to be approved",
        ["no", "orders", "why", "url"],
        {
            ("sms", "zh-hans"): ("", "改派方案${no}（${orders}单）超出本级权限：${why}。请审批：${url}"),
            ("sms", "en"): ("", "Reroute ${no} (${orders} orders) is beyond the level: ${why}. Decide: ${url}"),
        },
    ),
    "stood_down": (
        "无需到岗",
        "Not needed any more",
        ["event", "what", "url"],
        {
            ("sms", "zh-hans"): ("", "${event}：${what}，您无需到岗。${url}"),
            ("sms", "en"): ("", "${event}: ${what}. You are not needed any more. ${url}"),
        },
    ),
    "report": (
        "内部报告",
        "Internal report",
        ["event", "text", "time", "url"],
        {
            ("sms", "zh-hans"): ("", "${event}报告（${time}）：${text} ${url}"),
            ("sms", "en"): ("", "${event}, report at ${time}: ${text} ${url}"),
        },
    ),
    "mention": (
        "提到了您",
        "Mention",
        ["event", "who", "text", "url"],
        {
            ("sms", "zh-hans"): ("", "${who}在${event}中提到了您：${text} ${url}"),
            ("sms", "en"): ("", "${who} mentioned you in ${event}: ${text} ${url}"),
        },
    ),
    "roster_gap": (
        "值班空缺",
        "Roster gap",
        ["count", "gaps", "url"],
        {
            ("sms", "zh-hans"): ("", "未来一周有${count}个时段无人值班：${gaps}。请尽快补排：${url}"),
            ("sms", "en"): ("", "Nobody is on duty at ${count} times of the coming week: ${gaps}. Fill them: ${url}"),
        },
    ),
    "webhook_disabled": (
        "推送停用",
        "Webhook disabled",
        ["name", "url"],
        {
            ("sms", "zh-hans"): ("", "推送地址“${name}”已停用：长时间推送失败或对方已下线。请检查后重新启用：${url}"),
            ("sms", "en"): (
                "",
                "The webhook “${name}” is disabled: it kept failing or is gone. Mend and enable it: ${url}",
            ),
        },
    ),
    "gateway_out": (
        "网关停用",
        "Gateway out",
        ["name", "code", "url"],
        {
            ("sms", "zh-hans"): (
                "",
                "网关“${name}”无法发送（${code}）。该渠道没有其他网关时，消息等待。请处理（欠费、密钥或权限）：${url}",
            ),
            ("sms", "en"): (
                "",
                "The gateway “${name}” cannot send (${code}). Without another, messages wait. Mend it (arrears, key):"
                " ${url}",
            ),
        },
    ),
    "gateway_test": (
        "通道测试",
        "Test of a gateway",
        ["name", "time"],
        {
            ("sms", "zh-hans"): ("", "这是${name}于${time}发出的测试消息，收到即表示通道正常。"),
            ("sms", "en"): (
                "",
                "This is a test message of ${name}, sent at ${time}. If you read it, the gateway works.",
            ),
            ("voice", "zh-hans"): ("", "这是${name}的测试电话，接听即表示通道正常。"),
            ("voice", "en"): ("", "This is a test call of ${name}. If you hear it, the gateway works."),
        },
    ),
    "delay": (
        "延误通知",
        "Delay notice",
        ["no", "cause", "eta", "url"],
        {
            ("sms", "zh-hans"): ("", "订单${no}受${cause}影响，预计${eta}前送达，可查看进度或申请退款：${url}"),
            ("sms", "en"): (
                "",
                "Order ${no} is delayed by ${cause}; new estimate ${eta}. Track or request a refund: ${url}",
            ),
        },
    ),
    "suspension": (
        "停运通知",
        "Suspension notice",
        ["cause", "area", "time", "eta"],
        {
            ("sms", "zh-hans"): ("", "因${cause}，${area}自${time}起暂停配送，预计${eta}恢复，包裹已妥善保管。"),
            ("sms", "en"): (
                "",
                "Because of ${cause}, delivery in ${area} is suspended from ${time}; expected to resume ${eta}."
                " Your parcel is safe.",
            ),
        },
    ),
    "recovery": (
        "恢复通知",
        "Recovery notice",
        ["area", "no", "eta"],
        {
            ("sms", "zh-hans"): ("", "${area}配送已恢复，订单${no}预计${eta}送达。"),
            ("sms", "en"): ("", "Delivery in ${area} has resumed. Order ${no} is expected ${eta}."),
        },
    ),
    "compensation": (
        "赔付通知",
        "Compensation notice",
        ["no", "amt", "d"],
        {
            ("sms", "zh-hans"): ("", "订单${no}未按承诺时间送达，补偿${amt}元将于${d}日内原路到账。"),
            ("sms", "en"): (
                "",
                "Order ${no} missed its promise. CNY ${amt} will be refunded to your payment method within ${d} days.",
            ),
        },
    ),
    "survey": (
        "满意度调查",
        "Satisfaction survey",
        ["no", "url"],
        {
            ("sms", "zh-hans"): ("", "订单${no}已送达。这次的处理您满意吗？点开一评，只需10秒：${url}"),
            ("sms", "en"): ("", "Order ${no} has arrived. How did we do? Ten seconds: ${url}"),
        },
    ),
    "reply_progress": (
        "回复：查看进度",
        "Reply: where it is",
        ["no", "url"],
        {
            ("sms", "zh-hans"): ("", "您好，订单${no}的最新进度和可选处理方式请看：${url}"),
            ("sms", "en"): ("", "Order ${no}: see where it is and what you can choose: ${url}"),
        },
    ),
    "reply_estimate": (
        "回复：新的预计时间",
        "Reply: the new estimate",
        ["no", "eta"],
        {
            ("sms", "zh-hans"): ("", "您好，订单${no}预计${eta}前送达，给您带来不便，十分抱歉。"),
            ("sms", "en"): ("", "Order ${no} is now expected ${eta}. We are sorry for the trouble."),
        },
    ),
    "reply_complaint": (
        "回复：已受理投诉",
        "Reply: complaint taken",
        ["no", "time"],
        {
            ("sms", "zh-hans"): ("", "您好，关于订单${no}的投诉已受理，我们将在${time}前答复您。"),
            ("sms", "en"): ("", "We have your complaint about order ${no} and answer it by ${time}."),
        },
    ),
    "reply_called": (
        "回复：请留意来电",
        "Reply: we will call",
        ["no"],
        {
            ("sms", "zh-hans"): ("", "您好，订单${no}的处理结果我们将电话告知，请留意来电。"),
            ("sms", "en"): ("", "We will call you about order ${no}."),
        },
    ),
    "complaint_overdue": (
        "投诉超期",
        "Complaint overdue",
        ["no", "time", "url"],
        {
            ("sms", "zh-hans"): ("", "订单${no}的投诉应于${time}前答复，已超期，请立即处理：${url}"),
            ("sms", "en"): ("", "The complaint about order ${no} was due by ${time}. Answer it now: ${url}"),
        },
    ),
    "care_proposed": (
        "客服待办",
        "Customer care: proposal",
        ["event", "what", "url"],
        {
            ("sms", "zh-hans"): ("", "${event}：${what}，请确认：${url}"),
            ("sms", "en"): ("", "${event}: ${what}. Look at it: ${url}"),
        },
    ),
    "data_leak": (
        "个人信息泄露告知",
        "Data leak notice",
        ["types", "cause", "harm", "remedy", "todo", "contact"],
        {
            ("sms", "zh-hans"): (
                "",
                "因${cause}，您的${types}可能泄露，可能造成${harm}。我们已${remedy}。建议您${todo}。咨询：${contact}",
            ),
            ("sms", "en"): (
                "",
                "Because of ${cause}, your ${types} may have leaked; possible harm: ${harm}. We have ${remedy}."
                " Please ${todo}. Contact: ${contact}",
            ),
        },
    ),
    "correction": (
        "更正通知",
        "Correction",
        ["no", "text", "url"],
        {
            ("sms", "zh-hans"): ("", "更正：此前关于订单${no}的通知有误。${text} 详情：${url}"),
            ("sms", "en"): ("", "Correction: what we told you about order ${no} was wrong. ${text} Details: ${url}"),
        },
    ),
}

# Purposes that are for the house's own people; what is not here is for customers.
STAFF = frozenset(
    {"call_out", "callout_alternate", "relief", "arrival_reminder", "escalation", "reminder", "level_proposed"}
    | {"approval_asked", "stood_down", "report", "mention", "roster_gap", "webhook_disabled", "gateway_out"}
    | {"complaint_overdue", "care_proposed", "gateway_test"}
)

# Purposes whose calls are answered by pressing a key.
KEYPAD = frozenset({"call_out", "callout_alternate"})
KEY_WORDS = "TTS_KEY_WORDS"  # by which the simulator knows what is said after a key

# Purposes that go to one customer or are made of something else: no notice is drafted of them by hand.
SINGLE = frozenset(
    {"correction", "compensation", "survey"} | {"reply_progress", "reply_estimate", "reply_complaint", "reply_called"}
)

# Mail, inbox, app push and WeChat use the SMS sentence as their body, under a subject of their own.
SUBJECTS: dict[str, tuple[str, str]] = {
    "call_out": ("【${lv}级响应】${event}：请${role}到岗", "[Level ${lv}] ${event}: ${role}, report to your post"),
    "callout_alternate": ("【${lv}级响应】${event}：请候补${role}", "[Level ${lv}] ${event}: stand in as ${role}"),
    "relief": ("【${lv}级响应】${event}：请您接${role}第二班", "[Level ${lv}] ${event}: you relieve the ${role}"),
    "arrival_reminder": ("【到岗】${event}：还剩${left}分钟", "[On post] ${event}: ${left} min left"),
    "escalation": ("【超时】${event}：${what}", "[Overdue] ${event}: ${what}"),
    "reminder": ("【提醒】${event}：${what}", "[Due] ${event}: ${what}"),
    "level_proposed": ("【建议升级】${event}：${lv}级", "[Raise?] ${event}: level ${lv}"),
    "approval_asked": ("【待批准】改派方案${no}", "[Approve?] Reroute ${no}"),
    "stood_down": ("【无需到岗】${event}", "[Stand down] ${event}"),
    "report": ("【报告】${event} ${time}", "[Report] ${event} ${time}"),
    "mention": ("${who}在${event}中提到了您", "${who} mentioned you in ${event}"),
    "roster_gap": (
        "【值班空缺】未来一周有${count}个时段无人值班",
        "[Roster] Nobody on duty at ${count} times of the coming week",
    ),
    "webhook_disabled": ("【推送停用】${name}", "[Webhook] ${name} is disabled"),
    "gateway_out": ("【网关】${name}无法发送", "[Gateway] ${name} cannot send"),
    "gateway_test": ("【测试】${name}", "[Test] ${name}"),
    "delay": ("您的订单${no}将延迟送达", "Your order ${no} is delayed"),
    "suspension": ("${area}暂停配送", "Delivery in ${area} is suspended"),
    "recovery": ("${area}配送已恢复", "Delivery in ${area} has resumed"),
    "compensation": ("订单${no}的延误补偿", "Compensation for order ${no}"),
    "survey": ("订单${no}：这次的处理您满意吗？", "Order ${no}: how did we do?"),
    "reply_progress": ("订单${no}的进度", "Order ${no}: where it is"),
    "reply_estimate": ("订单${no}的新预计时间", "Order ${no}: the new estimate"),
    "reply_complaint": ("您关于订单${no}的投诉", "Your complaint about order ${no}"),
    "reply_called": ("关于订单${no}", "About order ${no}"),
    "complaint_overdue": ("【超期】订单${no}的投诉", "[Overdue] Complaint about order ${no}"),
    "care_proposed": ("【待办】${event}", "[Proposed] ${event}"),
    "data_leak": ("个人信息安全告知", "About the safety of your personal data"),
    "correction": ("更正：订单${no}", "Correction: order ${no}"),
}


def rows() -> list[dict[str, Any]]:
    """Every default template as keyword arguments of the model, version 1."""
    found: list[dict[str, Any]] = []
    for code, (name, name_en, variables, texts) in PURPOSES.items():
        common = {"code": code, "name": name, "name_en": name_en, "variables": variables, "version": 1}
        for (channel, language), (subject, body) in texts.items():
            found.append(common | {"channel": channel, "language": language, "subject": subject, "body": body})
            if channel == "sms":
                for other in ("email", "bot", "in_app", "push", "wechat"):
                    title = SUBJECTS[code][0 if language == "zh-hans" else 1]
                    found.append(common | {"channel": other, "language": language, "subject": title, "body": body})
    return found


def provider_code(row: dict[str, Any]) -> str:
    """The id that Aliyun's simulator knows a default short message or call by; its drill copy has "_DRILL" after it."""
    prefix = {"sms": "SMS", "voice": "TTS"}.get(row["channel"], "")
    return f"{prefix}_{row['code']}_{'ZH' if row['language'] == 'zh-hans' else 'EN'}".upper() if prefix else ""

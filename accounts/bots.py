"""Addresses of group robots and of the services that push to one person's WeChat, as these hand them out. Pure.

A robot is known by its webhook; where it wants requests signed, its secret stands behind a "#". Only the services' own
hosts are taken, so that an address leads nowhere else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import Enum


class Service(Enum):
    """Whose robot it is."""

    DINGTALK = "DingTalk"
    FEISHU = "Feishu"
    WECOM = "WeCom"
    SERVERCHAN = "ServerChan"
    PUSHPLUS = "PushPlus"


# https://open.dingtalk.com/document/robots/custom-robot-access
# https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
# https://developer.work.weixin.qq.com/document/path/91770
# https://github.com/easychen/serverchan-sdk (its README): a key of the newer kind names its own host
# https://www.pushplus.plus/doc/guide/api.html
WEBHOOKS = {
    Service.DINGTALK: re.compile(r"https://oapi\.dingtalk\.com(?P<path>/robot/send\?access_token=[0-9A-Za-z]{16,100})"),
    Service.FEISHU: re.compile(r"https://open\.feishu\.cn(?P<path>/open-apis/bot/v2/hook/[0-9A-Za-z-]{8,64})"),
    Service.WECOM: re.compile(r"https://qyapi\.weixin\.qq\.com(?P<path>/cgi-bin/webhook/send\?key=[0-9A-Za-z-]{8,64})"),
    Service.SERVERCHAN: re.compile(
        r"https://(?:sctapi\.ftqq\.com(?=/SCT)|([0-9]{1,12})\.push\.ft07\.com(?=/send/sctp\1t))"
        r"(?P<path>(?:/send)?/[0-9A-Za-z]{10,120}\.send)"
    ),
    Service.PUSHPLUS: re.compile(r"https://www\.pushplus\.plus(?P<path>/send/[0-9a-f]{32})"),
}
SIGNED = {Service.DINGTALK, Service.FEISHU}
SECRET = re.compile(r"[0-9A-Za-z_-]{8,100}")


@dataclass(frozen=True)
class Robot:
    """`host` and `path` of the webhook, and the `secret` to sign with, if any."""

    service: Service
    host: str
    path: str
    secret: str = ""


def robot_of(address: str) -> Robot:
    """The robot behind an address. Raises ValueError when it is none."""
    webhook, mark, secret = address.partition("#")
    for service, pattern in WEBHOOKS.items():
        if found := pattern.fullmatch(webhook):
            if mark and (service not in SIGNED or not SECRET.fullmatch(secret)):
                raise ValueError(f"{service.value} takes no such secret")
            return Robot(service, webhook[len("https://") : found.start("path")], found["path"], secret)
    raise ValueError("no robot's webhook")


def signature(key: str, text: bytes) -> str:
    """Both sign by HMAC-SHA256: DingTalk "time, newline, secret" with the secret, Feishu nothing with all three."""
    return base64.b64encode(hmac.new(key.encode(), text, hashlib.sha256).digest()).decode()

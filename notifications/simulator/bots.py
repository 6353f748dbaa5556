"""The simulated group robots and personal pushes: signatures checked as the real ones do, and so many texts a minute
each."""

from __future__ import annotations

import asyncio
import hmac
import math
import time
import uuid
from collections import defaultdict, deque
from collections.abc import Callable
from functools import reduce
from operator import getitem
from typing import Any
from urllib.parse import unquote

import msgspec
from aiohttp import web

from accounts.bots import SIGNED, Service, signature
from notifications.simulator.faults import HANG_SECONDS
from notifications.simulator.knobs import Knobs
from notifications.simulator.ledger import Accepted, Ledger

A_MINUTE = {Service.DINGTALK: 20, Service.FEISHU: 100, Service.WECOM: 20, Service.SERVERCHAN: 5}
NOBODY = "0" * 10  # in a key: nobody's
STALE_SECONDS = 3600
# What each service answers, and with which code: taken, words missing, signature wrong, too many.
TAKEN, EMPTY, FORGED, TOO_MANY = "taken", "empty", "forged", "too many"
CODES = {
    Service.DINGTALK: {TAKEN: 0, EMPTY: 400_101, FORGED: 310_000, TOO_MANY: 130_101},
    Service.FEISHU: {TAKEN: 0, EMPTY: 9_499, FORGED: 19_021, TOO_MANY: 11_232},
    Service.WECOM: {TAKEN: 0, EMPTY: 44_004, FORGED: 93_000, TOO_MANY: 45_009},
    Service.SERVERCHAN: {TAKEN: 0, EMPTY: 20_001, FORGED: 40_001, TOO_MANY: 40_001},
    Service.PUSHPLUS: {TAKEN: 200, EMPTY: 600, FORGED: 900},
}
# Where each has the text, and by which names it answers.
TEXTS = {
    Service.DINGTALK: ("text", "content"),
    Service.FEISHU: ("content", "text"),
    Service.WECOM: ("text", "content"),
    Service.SERVERCHAN: ("desp",),
    Service.PUSHPLUS: ("content",),
}
SAID = {
    EMPTY: "title 不能为空",
    FORGED: "[AUTH]用户不存在或者权限不足",
    TOO_MANY: "[AUTH]超过分钟的发送次数限制[5]，请稍后再试",
}


class Bots:
    """Robots whose token contains "secret" want every call signed with "SEC" and their token."""

    def __init__(self, ledger: Ledger, knobs: Knobs) -> None:
        self.ledger, self.knobs = ledger, knobs
        self.lately: dict[str, deque[float]] = defaultdict(deque)

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/robot/send", self.answering(Service.DINGTALK)),
            web.post("/open-apis/bot/v2/hook/{token}", self.answering(Service.FEISHU)),
            web.post("/cgi-bin/webhook/send", self.answering(Service.WECOM)),
            web.post("/{token:SCT[0-9A-Za-z]+}.send", self.answering(Service.SERVERCHAN)),
            web.post("/send/{token:sctp[0-9A-Za-z]+}.send", self.answering(Service.SERVERCHAN)),
            web.post("/send/{token:[0-9a-f]{32}}", self.answering(Service.PUSHPLUS)),
        ]

    def answering(self, service: Service) -> Callable[[web.Request], Any]:
        async def answer(request: web.Request) -> web.Response:
            token = request.match_info.get("token") or request.query.get("access_token") or request.query.get("key", "")
            self.ledger.calls[service.value] += 1
            if self.knobs.latency:
                await asyncio.sleep(self.knobs.latency)
            if self.knobs.hit(self.knobs.error):
                return web.Response(status=500, text="error")
            what = self.take(service, token, dict(request.query), await request.read())
            if what == TAKEN and self.knobs.hit(self.knobs.hang):
                await asyncio.sleep(HANG_SECONDS)
            status, words = answer_of(service, what)
            return web.json_response(words, status=status)

        return answer

    def take(self, service: Service, token: str, query: dict[str, str], raw: bytes) -> str:
        try:
            body = msgspec.json.decode(raw, type=dict[str, Any])
            text = str(reduce(getitem, TEXTS[service], body))  # type: ignore[arg-type]
        except (msgspec.DecodeError, KeyError, TypeError):
            text, body = "", {}
        if not text or (service is Service.SERVERCHAN and not body.get("title")):
            return self.refuse(EMPTY)
        signed = {**query, **{name: str(body.get(name) or "") for name in ("timestamp", "sign") if name in body}}
        if service not in SIGNED and NOBODY in token:
            return self.refuse(FORGED)
        if "secret" in token and not genuine(service, f"SEC{token}", signed):
            return self.refuse(FORGED)
        lately, moment = self.lately[token], time.monotonic()
        while lately and lately[0] <= moment - 60:
            lately.popleft()
        if len(lately) >= A_MINUTE.get(service, math.inf):
            return self.refuse(TOO_MANY)
        lately.append(moment)
        name = f"{service.value} {token}"
        self.ledger.accept([Accepted(name, "bot", service.value, self.ledger.provider_id(), "", time.time(), status=3)])
        self.ledger.show(name, "bot", text)
        return TAKEN

    def refuse(self, why: str) -> str:
        self.ledger.refused[why] += 1
        return why


def answer_of(service: Service, what: str) -> tuple[int, dict[str, Any]]:
    """HTTP status and body. Only ServerChan says by the status too that it took nothing."""
    code = CODES[service][what]
    if service is Service.SERVERCHAN and what == TAKEN:
        pushed = {"pushid": "851777", "readkey": "SCTHPzE9Yvar1eA", "error": "SUCCESS", "errno": 0}
        return 200, {"code": code, "message": "", "data": pushed}
    if service is Service.SERVERCHAN:
        return 400, {"code": code, "message": SAID[what], "info": SAID[what], "args": [None]}
    if service is Service.PUSHPLUS:
        return 200, {"code": code, "msg": "请求成功" if what == TAKEN else what, "data": uuid.uuid4().hex}
    if service is Service.FEISHU:
        return 200, {"code": code, "msg": what}
    return 200, {"errcode": code, "errmsg": what}


def genuine(service: Service, secret: str, given: dict[str, str]) -> bool:
    stamp, sign = given.get("timestamp", ""), unquote(given.get("sign", ""))
    if not stamp.isdigit():
        return False
    seconds = int(stamp) / (1000 if service is Service.DINGTALK else 1)
    both = f"{stamp}\n{secret}"
    wanted = signature(both, b"") if service is Service.FEISHU else signature(secret, both.encode())
    return abs(time.time() - seconds) < STALE_SECONDS and hmac.compare_digest(wanted, sign.replace(" ", "+"))

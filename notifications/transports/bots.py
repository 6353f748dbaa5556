"""Group robots of DingTalk, Feishu and WeCom, and ServerChan and PushPlus, which push to one person's WeChat. What
counts is the code in the body: most answer 200 to everything."""

from __future__ import annotations

import http.client
import time
from typing import Any
from urllib.parse import quote

import msgspec

from accounts.bots import Robot, Service, robot_of, signature
from notifications.errors import rule_of
from notifications.gateways import Account
from notifications.transports import Call, Taken, Transport, TransportError
from notifications.transports.wire import Wire, decoded, require_clear

DONE = {Service.PUSHPLUS: "200"}  # "0" of all others
LONGEST_TITLE = 32
CODES, WORDS = ("errcode", "code", "StatusCode"), ("errmsg", "msg", "message")
HEADERS = {"content-type": "application/json; charset=utf-8"}


class Bot(Transport):
    """One text per call into one robot's group. Not idempotent, and cannot be asked."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.wires: dict[str, Wire] = {}

    def wire(self, host: str) -> Wire:
        url = self.account.url or f"https://{host}"
        return self.wires.setdefault(url, Wire(url, guarded=self.account.guarded))

    def deliver(self, call: Call) -> Taken:
        (item,) = call.items
        try:
            robot = robot_of(item.destination)
        except ValueError as error:
            raise TransportError("bad_address", permanent=True, one=True) from error
        path, body = request_of(robot, item.body, moment=time.time())
        status, raw = self.wire(robot.host).post(body, HEADERS, path)
        answer = decoded(raw)
        code = code_of(robot.service, answer)
        if status == http.client.OK and code == DONE.get(robot.service, "0"):
            return Taken()
        require_clear(status, code)
        code = f"{robot.service.value.lower()}_{code}" if code else f"http_{status}"
        raise TransportError.under(
            rule_of(self.account.kind, code),
            code,
            next((str(answer[name]) for name in WORDS if answer.get(name)), "")[:200],
        )


def request_of(robot: Robot, text: str, *, moment: float) -> tuple[str, bytes]:
    """Path and body of a text message, signed where the robot has a secret. `moment` is the time in seconds."""
    if robot.service is Service.FEISHU:
        message: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
        if robot.secret:
            stamp = str(int(moment))
            message = {"timestamp": stamp, "sign": signature(f"{stamp}\n{robot.secret}", b""), **message}
        return robot.path, msgspec.json.encode(message)
    title = text[:LONGEST_TITLE]
    if robot.service is Service.SERVERCHAN:
        return robot.path, msgspec.json.encode({"title": title, "desp": text})
    if robot.service is Service.PUSHPLUS:
        return robot.path, msgspec.json.encode({"title": title, "content": text, "template": "txt"})
    path = robot.path
    if robot.secret:
        stamp = str(int(moment * 1000))
        sign = signature(robot.secret, f"{stamp}\n{robot.secret}".encode())
        path += f"&timestamp={stamp}&sign={quote(sign, safe='')}"
    return path, msgspec.json.encode({"msgtype": "text", "text": {"content": text}})


def code_of(service: Service, answer: dict[str, Any]) -> str:
    """The service's own code as text; "" when the answer has none. ServerChan has the same one for "too many this
    minute" and for a key that is wrong or used up: the words tell them apart."""
    code = next((str(answer[name]) for name in CODES if isinstance(answer.get(name), int)), "")
    minute = service is Service.SERVERCHAN and "分钟" in str(answer.get("message"))
    return f"{code}.minute" if minute else code

"""Group robots of DingTalk, Feishu and WeCom. They answer 200 to everything: what counts is the code in the body."""

from __future__ import annotations

import http.client
import time
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from accounts.bots import Robot, Service, robot_of, signature
from accounts.models import Channel
from notifications.errors import bot_rule
from notifications.gateways import bots_url
from notifications.transports import Ambiguous, Call, Taken, Transport, TransportError

CONNECT_SECONDS, ANSWER_SECONDS = 3.0, 8.0
MOST_READ = 16_384
MAYBE_TAKEN = {502, 504}


class Bot(Transport):
    """One text per call into one robot's group. Not idempotent, and cannot be asked."""

    channel = Channel.BOT

    def __init__(self) -> None:
        self.base = bots_url()

    def deliver(self, call: Call) -> Taken:
        (item,) = call.items
        try:
            robot = robot_of(item.destination)
        except ValueError as error:
            raise TransportError("bad_address", permanent=True, one=True) from error
        path, body = request_of(robot, item.body, moment=time.time())
        status, answer = self.post(robot.host, path, body)
        code = code_of(robot.service, answer)
        if status == http.client.OK and code == "0":
            return Taken()
        if status in MAYBE_TAKEN or (not code and status not in {429, 503}):
            raise Ambiguous(f"http_{status}", "the answer does not say whether it was taken")
        code = f"{robot.service.value.lower()}_{code}" if code else f"http_{status}"
        raise TransportError.under(bot_rule(code), code, str(answer.get("errmsg") or answer.get("msg") or "")[:200])

    def post(self, host: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """Raises TransportError while nothing has left, Ambiguous after that."""
        base = urlsplit(self.base or f"https://{host}")
        make = http.client.HTTPSConnection if base.scheme == "https" else http.client.HTTPConnection
        connection = make(base.hostname or "", base.port, timeout=CONNECT_SECONDS)
        try:
            connection.connect()
        except OSError as error:
            raise TransportError("unreachable", type(error).__name__, wait=5) from error
        try:
            connection.sock.settimeout(ANSWER_SECONDS)
            connection.request("POST", base.path + path, body, {"content-type": "application/json; charset=utf-8"})
            answer = connection.getresponse()
            raw = answer.read(MOST_READ)
        except (OSError, http.client.HTTPException) as error:
            raise Ambiguous("no_answer", type(error).__name__) from error
        finally:
            connection.close()
        try:
            return answer.status, msgspec.json.decode(raw, type=dict[str, Any])
        except msgspec.DecodeError:
            return answer.status, {}


def request_of(robot: Robot, text: str, *, moment: float) -> tuple[str, bytes]:
    """Path and body of a text message, signed where the robot has a secret. `moment` is the time in seconds."""
    if robot.service is Service.FEISHU:
        message: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
        if robot.secret:
            stamp = str(int(moment))
            message = {"timestamp": stamp, "sign": signature(f"{stamp}\n{robot.secret}", b""), **message}
        return robot.path, msgspec.json.encode(message)
    path = robot.path
    if robot.secret:
        stamp = str(int(moment * 1000))
        sign = signature(robot.secret, f"{stamp}\n{robot.secret}".encode())
        path += f"&timestamp={stamp}&sign={quote(sign, safe='')}"
    return path, msgspec.json.encode({"msgtype": "text", "text": {"content": text}})


def code_of(service: Service, answer: dict[str, Any]) -> str:
    """The service's own code as text, "0" for success; "" when the answer has none."""
    names = ("code", "StatusCode") if service is Service.FEISHU else ("errcode",)
    return next((str(answer[name]) for name in names if isinstance(answer.get(name), int)), "")

"""Receipts, pushed to the house as Aliyun does: arrays over HTTP, pushed again until answered with code 0."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import heapq
import secrets
import time
from itertools import count
from typing import Any

import aiohttp
import msgspec

from notifications.simulator.aliyun import stamp
from notifications.simulator.knobs import Knobs
from notifications.simulator.ledger import Accepted

AT_ONCE = 500
EVENT = """<xml><ToUserName>gh_simulator</ToUserName><FromUserName>{person}</FromUserName><CreateTime>{at}</CreateTime>
<MsgType>event</MsgType><Event>subscribe_msg_sent_event</Event><SubscribeMsgSentEvent><List>
<TemplateId>{code}</TemplateId><MsgID>{id}</MsgID><ErrorCode>{error}</ErrorCode><ErrorStatus>{status}</ErrorStatus>
</List></SubscribeMsgSentEvent></xml>"""
PAUSES = (1.0, 5.0, 10.0, 60.0, 300.0, 600.0)  # Aliyun waits 1, 5 and 10 minutes; a demonstration has less time


class Pusher:
    """One heap of reports by due time, each with how often it was pushed in vain; a loop that posts what is due."""

    def __init__(self, knobs: Knobs, urls: dict[str, str], wechat_token: str = "") -> None:
        self.knobs, self.urls, self.wechat_token = knobs, urls, wechat_token
        self.heap: list[tuple[float, int, str, Any, int]] = []
        self.numbers = count()
        self.bell = asyncio.Event()
        self.pushed = self.failures = 0

    def accepted(self, rows: list[Accepted]) -> None:
        knobs = self.knobs
        if not knobs.receipts:
            return
        for row in rows:
            failed = knobs.hit(knobs.undelivered)
            row.status, row.code = (2, "MOBILE_NOT_ON_SERVICE") if failed else (3, "DELIVERED")
            if knobs.hit(knobs.receipts_lost):
                continue
            for kind, report in reports_of(row, knobs.pressed):
                for _copy in range(2 if knobs.hit(knobs.receipts_doubled) else 1):
                    delay = knobs.receipt_delay
                    if knobs.receipts_shuffled:
                        delay *= 4 * knobs.chance.random()
                    self.put(time.monotonic() + delay, kind, report)
        self.bell.set()

    def put(self, due: float, channel: str, report: Any, tries: int = 0) -> None:
        heapq.heappush(self.heap, (due, next(self.numbers), channel, report, tries))

    async def run(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            while True:
                wait = self.heap[0][0] - time.monotonic() if self.heap else None
                if wait is None or wait > 0:
                    self.bell.clear()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self.bell.wait(), wait)
                    # Let a second's worth gather: one array for many.
                    await asyncio.sleep(0.1)
                    continue
                for (channel, tries), reports in self.take().items():
                    if await self.post(session, channel, reports):
                        self.pushed += len(reports)
                    else:
                        self.failures += 1
                        due = time.monotonic() + PAUSES[min(tries, len(PAUSES) - 1)]
                        for report in reports:
                            self.put(due, channel, report, tries + 1)

    def take(self) -> dict[tuple[str, int], list[Any]]:
        found: dict[tuple[str, int], list[Any]] = {}
        for _number in range(AT_ONCE):
            if not self.heap or self.heap[0][0] > time.monotonic():
                break
            _due, _number, channel, report, tries = heapq.heappop(self.heap)
            found.setdefault((channel, tries), []).append(report)
        if self.knobs.receipts_shuffled:
            for reports in found.values():
                self.knobs.chance.shuffle(reports)
        return found

    async def post(self, session: aiohttp.ClientSession, kind: str, reports: list[Any]) -> bool:
        if kind == "wechat":
            return all([await self.tell(session, report) for report in reports])
        try:
            async with session.post(
                self.urls[kind], data=msgspec.json.encode(reports), headers={"content-type": "application/json"}
            ) as answer:
                said = msgspec.json.decode(await answer.read())
                return answer.status == 200 and said.get("code", said.get("result")) == 0
        except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError):
            return False

    async def tell(self, session: aiohttp.ClientSession, event: str) -> bool:
        """One of WeChat's events, signed."""
        stamp, nonce = str(int(time.time())), secrets.token_hex(4)
        sign = hashlib.sha1("".join(sorted([self.wechat_token, stamp, nonce])).encode()).hexdigest()
        given = {"signature": sign, "timestamp": stamp, "nonce": nonce}
        try:
            async with session.post(
                self.urls["wechat"], params=given, data=event.encode(), headers={"content-type": "text/xml"}
            ) as answer:
                return answer.status == 200 and await answer.read() == b"success"
        except (aiohttp.ClientError, TimeoutError):
            return False


def reports_of(row: Accepted, pressed: str) -> list[tuple[str, Any]]:
    """What a provider pushes about a message; of a call that listens for keys, the `pressed` one before its end."""
    heard = [("voice", key_report(row, pressed))] if row.keypad and pressed and row.status == 3 else []
    return [*heard, report_of(row)]


def report_of(row: Accepted) -> tuple[str, Any]:
    """A receipt in its provider's form, and to which of the addresses it goes."""
    delivered = row.status == 3
    if row.provider == "tencent":
        return "tencent", {
            "user_receive_time": stamp(time.time()),
            "nationcode": "86",
            "mobile": row.number,
            "report_status": "SUCCESS" if delivered else "FAIL",
            "errmsg": "DELIVRD" if delivered else row.code,
            "description": "用户短信送达成功" if delivered else "用户不在服务区",
            "sid": row.provider_id,
        }
    if row.provider == "push":
        status = "delivered" if delivered else "failed"
        return "push", {"id": row.provider_id, "status": status, "code": row.code}
    if row.provider == "wechat":
        return "wechat", EVENT.format(
            person=row.number,
            at=int(row.at),
            code=row.template,
            id=row.provider_id,
            error=0 if delivered else 43101,
            status="success" if delivered else "failed",
        )
    return row.channel, voice_report(row) if row.channel == "voice" else sms_report(row)


def sms_report(row: Accepted) -> dict[str, Any]:
    return {
        "phone_number": row.number,
        "send_time": stamp(row.at),
        "report_time": stamp(time.time()),
        "success": row.status == 3,
        "err_code": row.code,
        "err_msg": "用户接收成功" if row.status == 3 else "用户不在服务区",
        "sms_size": "1",
        "biz_id": row.provider_id,
        "out_id": row.out_id,
    }


def key_report(row: Accepted, pressed: str) -> dict[str, Any]:
    """Aliyun's VoiceCallReport, which tells of a call that is going on: no number, and 300000 for a key."""
    at = stamp(time.time())
    return {
        "call_id": row.provider_id,
        "status_code": "300000",
        "status_time": at,
        "out_id": row.out_id,
        "dtmf": pressed,
    }


def voice_report(row: Accepted) -> dict[str, Any]:
    """Aliyun's VoiceReport, after the end of a call."""
    return {
        "call_id": row.provider_id,
        "start_time": stamp(row.at),
        "end_time": stamp(time.time()),
        "duration": "20" if row.status == 3 else "0",
        "status_code": "200000" if row.status == 3 else "200011",
        "status_msg": "用户接听" if row.status == 3 else "用户无法接通",
        "out_id": row.out_id,
        "callee": row.number,
        "voice_type": "voice",
    }

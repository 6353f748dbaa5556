"""Receipts, pushed to the house as Aliyun does: arrays over HTTP, pushed again until answered with code 0."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import time
from itertools import count
from typing import Any

import aiohttp
import msgspec

from notifications.simulator.aliyun import stamp
from notifications.simulator.knobs import Knobs
from notifications.simulator.ledger import Accepted

AT_ONCE = 500
PAUSES = (1.0, 5.0, 10.0, 60.0, 300.0, 600.0)  # Aliyun waits 1, 5 and 10 minutes; a demonstration has less time


class Pusher:
    """One heap of reports by due time; a loop that posts what is due."""

    def __init__(self, knobs: Knobs, urls: dict[str, str]) -> None:
        self.knobs, self.urls = knobs, urls
        self.heap: list[tuple[float, int, str, dict[str, Any]]] = []
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
            report = voice_report(row) if row.channel == "voice" else sms_report(row)
            for _copy in range(2 if knobs.hit(knobs.receipts_doubled) else 1):
                delay = knobs.receipt_delay
                if knobs.receipts_shuffled:
                    delay *= 4 * knobs.chance.random()
                self.put(time.monotonic() + delay, row.channel, report)
        self.bell.set()

    def put(self, due: float, channel: str, report: dict[str, Any]) -> None:
        heapq.heappush(self.heap, (due, next(self.numbers), channel, report))

    async def run(self) -> None:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
            failures = 0
            while True:
                wait = self.heap[0][0] - time.monotonic() if self.heap else None
                if wait is None or wait > 0:
                    self.bell.clear()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self.bell.wait(), wait)
                    # Let a second's worth gather: one array for many.
                    await asyncio.sleep(0.1)
                    continue
                batches = self.take()
                for channel, reports in batches.items():
                    if await self.post(session, channel, reports):
                        failures = 0
                        self.pushed += len(reports)
                    else:
                        self.failures += 1
                        due = time.monotonic() + PAUSES[min(failures, len(PAUSES) - 1)]
                        failures += 1
                        for report in reports:
                            self.put(due, channel, report)

    def take(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for _number in range(AT_ONCE):
            if not self.heap or self.heap[0][0] > time.monotonic():
                break
            _due, _number, channel, report = heapq.heappop(self.heap)
            found.setdefault(channel, []).append(report)
        if self.knobs.receipts_shuffled:
            for reports in found.values():
                self.knobs.chance.shuffle(reports)
        return found

    async def post(self, session: aiohttp.ClientSession, channel: str, reports: list[dict[str, Any]]) -> bool:
        try:
            async with session.post(
                self.urls[channel], data=msgspec.json.encode(reports), headers={"content-type": "application/json"}
            ) as answer:
                body = await answer.read()
                return answer.status == 200 and msgspec.json.decode(body).get("code") == 0
        except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError):
            return False


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


def voice_report(row: Accepted) -> dict[str, Any]:
    return {
        "call_id": row.provider_id,
        "start_time": stamp(row.at),
        "end_time": stamp(time.time()),
        "duration": "20" if row.status == 3 else "0",
        "status_code": "200000" if row.status == 3 else "200011",
        "status_msg": "用户接听" if row.status == 3 else "用户无法接通",
        "out_id": row.out_id,
        "callee": row.number,
        "dtmf": "",
    }

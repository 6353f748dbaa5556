"""The simulator's web application: the providers at /, and for people and judges /phone, /ledger and /control."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from html import escape
from pathlib import Path

import msgspec
from aiohttp import web

from notifications.simulator.aliyun import Aliyun
from notifications.simulator.apps import Push, WeChat
from notifications.simulator.bots import Bots
from notifications.simulator.knobs import Knobs
from notifications.simulator.ledger import Ledger, Shown
from notifications.simulator.mail import MailSink
from notifications.simulator.receipts import Pusher
from notifications.simulator.tencent import Tencent

LINK = re.compile(r"https?://[\x21-\x7e]+")
ICONS = {"sms": "短信 SMS", "voice": "语音 Voice", "email": "邮件 E-mail", "bot": "群机器人 Group robot"}
ICONS |= {"wechat": "微信 WeChat", "push": "App推送 App push"}
PAGE = """<!doctype html><html lang="zh"><meta charset="utf-8"><meta http-equiv="refresh" content="3">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>模拟手机 Simulated phones</title>
<style>:root {{ color-scheme: light dark }} body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 44rem;
margin: 1.5rem auto; padding: 0 1rem }} article {{ border: 1px solid #8886; border-radius: 12px; padding: .7rem 1rem;
margin: .7rem 0; overflow-wrap: anywhere }} small, header p {{ opacity: .75 }} a {{ color: #1a6fd0 }}
@media (prefers-color-scheme: dark) {{ a {{ color: #7db4ff }} }}
h1 {{ font-size: 1.4rem }} h2 {{ font-size: 1.05rem; margin: 1.4rem 0 .4rem }}</style>
<header><h1>模拟手机 <span lang="en">Simulated phones</span></h1>
<p>所有短信、语音和邮件只到这里，没有真正发出。<span lang="en">Texts, calls and mails end here; nothing was really
sent.</span></p></header><main>{cards}</main></html>"""
CARD = """<article><small>{at:%H:%M:%S} · {channel} · <a href="/phone?number={query}">{number}</a></small>
<div>{subject}{text}</div></article>"""
SINGLE = '<h2>单条消息 <span lang="en">Messages to one person</span></h2>'
BULK = '<h2>批量通知样本 <span lang="en">Samples of bulk notices</span></h2>'
EMPTY = '<p>还没有消息。<span lang="en">No messages yet.</span></p>'


class Simulator:
    def __init__(
        self,
        *,
        key_id: str,
        secret: str,
        receipt_urls: dict[str, str],
        wechat_token: str = "",
        ledger_file: Path | None = None,
    ) -> None:
        self.knobs = Knobs()
        self.ledger = Ledger(ledger_file)
        self.aliyun = Aliyun(self.ledger, self.knobs, key_id=key_id, secret=secret)
        self.pusher = Pusher(self.knobs, receipt_urls, wechat_token)
        self.tencent = Tencent(self.ledger, self.knobs)
        self.wechat = WeChat(self.ledger, self.knobs)
        self.push_gateway = Push(self.ledger, self.knobs)
        for provider in (self.aliyun, self.tencent, self.wechat, self.push_gateway):
            provider.on_accepted = self.pusher.accepted
        self.mail = MailSink(self.ledger)
        self.bots = Bots(self.ledger, self.knobs)

    def application(self) -> web.Application:
        app = web.Application(client_max_size=4 * 1024 * 1024)
        app.router.add_route("*", "/", self.by_rpc)
        app.router.add_post("/push", self.push_gateway.send)
        app.router.add_routes([*self.bots.routes(), *self.wechat.routes()])
        app.router.add_get("/ledger", self.show_ledger)
        app.router.add_get("/control", self.show_control)
        app.router.add_post("/control", self.set_control)
        app.router.add_get("/phone", self.phone)
        app.cleanup_ctx.append(self.push)
        return app

    async def by_rpc(self, request: web.Request) -> web.StreamResponse:
        """Aliyun and Tencent both take everything at /; only Tencent names the action in a header."""
        provider = self.tencent if "X-TC-Action" in request.headers else self.aliyun
        return await provider.handle(request)

    async def push(self, app: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(self.pusher.run())
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def show_ledger(self, request: web.Request) -> web.Response:
        """Counts of what was accepted; `?all=1` adds them per number and per OutId, and when each was."""
        return as_json(self.ledger.summary(everything=request.query.get("all") == "1"))

    async def show_control(self, request: web.Request) -> web.Response:
        pusher = self.pusher
        receipts = {"waiting": len(pusher.heap), "pushed": pusher.pushed, "failed_pushes": pusher.failures}
        return as_json({"knobs": self.knobs.show(), "receipts": receipts})

    async def set_control(self, request: web.Request) -> web.Response:
        """{"latency": 0.02, "hang": 0.003, …} sets knobs; {"clear": true} empties the ledger; {"templates": {code:
        text}} registers words."""
        try:
            wanted = msgspec.json.decode(await request.read(), type=dict)
            if wanted.pop("clear", False):
                self.ledger.clear()
                self.bots.lately.clear()
                self.push_gateway.known.clear()
                self.pusher.heap.clear()
            registered = wanted.pop("templates", {})
            self.aliyun.templates.update(registered)
            self.tencent.templates.update(registered)
            self.knobs.set(wanted)
        except (ValueError, TypeError, msgspec.DecodeError) as error:
            return as_json({"error": str(error)}, status=400)
        return await self.show_control(request)

    async def phone(self, request: web.Request) -> web.Response:
        """The newest messages, as their recipients see them; `?number=` shows one recipient's."""
        number = request.query.get("number")
        parts: list[str] = []
        for title, messages in ((SINGLE, self.ledger.single), (BULK, self.ledger.bulk)):
            cards = [card(one) for one in reversed(messages) if number in (None, one.number)][:100]
            if cards:
                parts += [title, *cards]
        return web.Response(text=PAGE.format(cards="".join(parts) or EMPTY), content_type="text/html")


def card(shown: Shown) -> str:
    subject = f"<strong>{escape(shown.subject)}</strong><br>" if shown.subject else ""
    sign = "【烽火】" if shown.channel == "sms" else ""
    return CARD.format(
        at=shown.at,
        channel=ICONS.get(shown.channel, shown.channel),
        query=escape(shown.number.replace("+", "%2B")),
        number=escape(shown.number),
        subject=subject,
        text=link(sign + shown.text),
    )


def link(text: str) -> str:
    """Escaped, with its addresses made clickable."""
    parts: list[str] = []
    end = 0
    for match in LINK.finditer(text):
        parts += [escape(text[end : match.start()]), f'<a href="{escape(match[0])}">{escape(match[0])}</a>']
        end = match.end()
    return "".join([*parts, escape(text[end:])])


def as_json(body: object, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(body), content_type="application/json")

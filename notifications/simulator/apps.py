"""The simulated WeChat and app push gateway."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec
from aiohttp import web

from notifications.simulator.faults import LateError, Refused, perform
from notifications.simulator.knobs import Knobs
from notifications.simulator.ledger import Accepted, Ledger
from notifications.simulator.tencent import KEY_ID, SECRET

TOKEN_SECONDS = 7200


class WeChat:
    """Knows every template; people in the knob `limited` have no consent left."""

    arrears = Refused("45009", "reach max api daily quota limit", status=200)
    throttled = Refused("45009", "reach max api daily quota limit", status=200)
    broken = Refused("-1", "system error", status=200)

    def __init__(self, ledger: Ledger, knobs: Knobs) -> None:
        self.ledger, self.knobs = ledger, knobs
        self.on_accepted: Callable[[list[Accepted]], None] = lambda rows: None
        self.tokens: dict[str, float] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/cgi-bin/stable_token", self.stable_token),
            web.post("/cgi-bin/message/subscribe/bizsend", self.send),
            web.post("/cgi-bin/message/template/send", self.send),
        ]

    async def stable_token(self, request: web.Request) -> web.Response:
        asked = read(await request.read())
        self.ledger.calls["WeChat token"] += 1
        if (asked.get("appid"), asked.get("secret")) != (KEY_ID, SECRET):
            return web.json_response({"errcode": 40125, "errmsg": "invalid appsecret"})
        token = next((one for one, until in self.tokens.items() if until > time.time()), "")
        if not token or asked.get("force_refresh"):
            token = secrets.token_urlsafe(24)
            self.tokens = {token: time.time() + TOKEN_SECONDS}
        return web.json_response({"access_token": token, "expires_in": TOKEN_SECONDS})

    async def send(self, request: web.Request) -> web.Response:
        try:
            if self.tokens.get(request.query.get("access_token", ""), 0) < time.time():
                raise Refused("42001", "access_token expired")
            asked = read(await request.read())
            subscribed = request.path.endswith("bizsend")
            identity = await perform(self, request.path.rsplit("/", 1)[1], partial(self.take, asked, subscribed))
        except Refused as refusal:
            self.ledger.refused[f"wechat_{refusal.code}"] += 1
            return web.json_response({"errcode": int(refusal.code), "errmsg": refusal.message})
        except LateError:
            return web.Response(status=504, text="Gateway Time-out")
        return web.json_response({"errcode": 0, "errmsg": "ok", "msgid": identity})

    def take(self, asked: dict[str, Any], subscribed: bool) -> int:
        person, data = str(asked.get("touser") or ""), asked.get("data")
        if not person:
            raise Refused("40003", "invalid openid")
        if not asked.get("template_id"):
            raise Refused("40037", "invalid template_id")
        if not isinstance(data, dict) or not all(isinstance(one, dict) and one.get("value") for one in data.values()):
            raise Refused("47003", "argument invalid")
        if subscribed and person in self.knobs.limited:
            raise Refused("43101", "user refuse to accept the msg")
        identity = next(self.ledger.numbers)
        row = Accepted(person, "wechat", str(asked["template_id"]), "", str(identity), time.time(), provider="wechat")
        self.ledger.accept([row])
        self.ledger.show(person, "wechat", "\n".join(f"{name}: {one['value']}" for name, one in data.items()))
        self.on_accepted([row])
        return identity


class Push:
    """A gateway as docs/channels.md describes it; it drops what repeats an Idempotency-Key."""

    arrears = Refused("payment_required", status=403)
    throttled = Refused("too_many", status=429)
    broken = Refused("fault", status=500)

    def __init__(self, ledger: Ledger, knobs: Knobs) -> None:
        self.ledger, self.knobs = ledger, knobs
        self.on_accepted: Callable[[list[Accepted]], None] = lambda rows: None
        self.known: dict[str, str] = {}

    async def send(self, request: web.Request) -> web.Response:
        try:
            if request.headers.get("Authorization") != f"Bearer {SECRET}":
                raise Refused("unauthorized", status=401)
            asked = read(await request.read())
            key = request.headers.get("Idempotency-Key", "")
            identity = await perform(self, "push", partial(self.take, asked, key))
        except Refused as refusal:
            self.ledger.refused[f"push_{refusal.code}"] += 1
            return web.json_response({"code": refusal.code, "message": refusal.message}, status=refusal.status)
        except LateError:
            return web.Response(status=504, text="Gateway Time-out")
        return web.json_response({"id": identity}, status=202)

    def take(self, asked: dict[str, Any], key: str) -> str:
        if not key or not asked.get("to") or not asked.get("text"):
            raise Refused("incomplete", status=422)
        if asked["to"] in self.knobs.limited:
            raise Refused("gone", "the app was removed", status=410)
        if key in self.known:
            return self.known[key]
        self.known[key] = f"push-{next(self.ledger.numbers)}"
        row = Accepted(asked["to"], "push", "", str(asked.get("call")), self.known[key], time.time(), provider="push")
        self.ledger.accept([row])
        self.ledger.show(asked["to"], "push", str(asked["text"]), subject=str(asked.get("title") or ""))
        self.on_accepted([row])
        return self.known[key]


def read(raw: bytes) -> dict[str, Any]:
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except msgspec.DecodeError:
        return {}

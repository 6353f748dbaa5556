"""WeChat official accounts: subscription notices (one consent, one message) and template messages.

https://developers.weixin.qq.com/doc/service/api/ describes stable_token, message/subscribe/bizsend and
message/template/send. The token of an account is asked for once per process and again when WeChat no longer takes it.
"""

from __future__ import annotations

import http.client
import re
import threading
import time
from typing import Any
from urllib.parse import quote

from notifications.errors import rule_of
from notifications.gateways import Account
from notifications.transports import Ambiguous, Call, Taken, Transport, TransportError
from notifications.transports.aliyun import require_template
from notifications.transports.wire import Wire, require_clear

STALE_TOKEN = {"wechat_40001", "wechat_40014", "wechat_42001"}
EARLY = 300  # seconds before its end at which a token is asked for again
LINK_FIELDS = {"url", "page"}
# How long a value of a kind of field may be; WeChat refuses the whole message for one character more.
LONGEST = {"thing": 20, "short_thing": 5, "phrase": 5, "name": 10, "const": 20, "character_string": 32}
KIND = re.compile(r"([a-z_]+?)\d*")


def fitting(field: str, value: str) -> str:
    kind = KIND.fullmatch(field)
    longest = LONGEST.get(kind[1], 0) if kind else 0
    return value if not longest or len(value) <= longest else value[: longest - 1] + "…"


class WeChat(Transport):
    """One message per call. Not idempotent, and cannot be asked; the outcome comes as an event."""

    registered = True
    path = "/cgi-bin/message/template/send"

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.wire = Wire(account.url, guarded=account.guarded)
        self.lock = threading.Lock()
        self.token, self.token_until = "", 0.0

    def deliver(self, call: Call) -> Taken:
        require_template(call)
        (item,) = call.items
        fields = call.fields or tuple(item.variables)
        pairs = list(zip(fields, item.variables.values(), strict=False))
        link = next((value for field, value in pairs if field in LINK_FIELDS), "")
        data = {field: {"value": fitting(field, value)} for field, value in pairs if field and field not in LINK_FIELDS}
        body = {"touser": item.destination, "template_id": call.provider_template, "data": data}
        body |= self.extras(call, link)
        try:
            answer = self.call(body)
        except TransportError as error:
            if error.code not in STALE_TOKEN:
                raise
            # The token was refused, so nothing was sent: once more with a new one.
            answer = self.call(body, renew=True)
        identity = str(answer.get("msgid") or "")
        return Taken(identity[:64], [identity[:80]] if identity else None)

    def extras(self, call: Call, link: str) -> dict[str, Any]:
        return {"url": link, "client_msg_id": call.key}

    def call(self, body: dict[str, Any], *, renew: bool = False) -> dict[str, Any]:
        token = quote(self.token_for(renew=renew), safe="")
        status, answer = self.wire.post_json(body, path=f"{self.path}?access_token={token}")
        if status == http.client.OK and answer.get("errcode") == 0:
            return answer
        raise self.refusal(status, answer)

    def refusal(self, status: int, answer: dict[str, Any]) -> TransportError:
        """What an answer says that is no success. Raises Ambiguous when it says nothing."""
        code = f"wechat_{answer['errcode']}" if isinstance(answer.get("errcode"), int) else ""
        require_clear(status, code)
        code = code or f"http_{status}"
        return TransportError.under(rule_of(self.account.kind, code), code, str(answer.get("errmsg") or "")[:200])

    def token_for(self, *, renew: bool) -> str:
        """Raises TransportError: without a token nothing has been sent."""
        with self.lock:
            if not renew and time.monotonic() < self.token_until:
                return self.token
            wanted = {"grant_type": "client_credential", "appid": self.account.key_id, "secret": self.account.secret}
            try:
                status, answer = self.wire.post_json({**wanted, "force_refresh": renew}, path="/cgi-bin/stable_token")
                token = answer.get("access_token")
                if status != http.client.OK or not isinstance(token, str):
                    raise self.refusal(status, answer)
            except Ambiguous as error:
                raise TransportError("no_token", error.code, wait=5) from error
            self.token = token
            seconds = answer.get("expires_in")
            self.token_until = time.monotonic() + (seconds if isinstance(seconds, int) else 7200) - EARLY
            return token


class Subscription(WeChat):
    """message/subscribe/bizsend: uses up one consent of the person to this template."""

    consented = True
    path = "/cgi-bin/message/subscribe/bizsend"

    def extras(self, call: Call, link: str) -> dict[str, Any]:
        return {"page": link} if link else {}

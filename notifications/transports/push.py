"""App push through any gateway that takes one JSON call per message: docs/channels.md describes it."""

from __future__ import annotations

import http.client

from notifications.errors import rule_of
from notifications.gateways import Account
from notifications.transports import Call, Taken, Transport, TransportError
from notifications.transports.wire import Wire, require_clear

TAKEN = {http.client.OK, http.client.CREATED, http.client.ACCEPTED}
CLEAR = {400, 401, 403, 404, 409, 410, 422, 429, 503}  # answers that say by themselves that nothing was taken


class Push(Transport):
    """POST with the message's key as Idempotency-Key. A repeat is harmless where the gateway says that it drops it."""

    def __init__(self, account: Account) -> None:
        super().__init__(account)
        self.wire = Wire(account.url, guarded=account.guarded)

    def deliver(self, call: Call) -> Taken:
        (item,) = call.items
        headers = {"idempotency-key": item.key}
        if self.account.secret:
            headers["authorization"] = f"Bearer {self.account.secret}"
        body = {"to": item.destination, "title": item.subject, "text": item.body, "call": call.key}
        if link := item.variables.get("url"):
            body["url"] = link
        status, answer = self.wire.post_json(body, headers)
        if status in TAKEN:
            identity = str(answer.get("id") or "")
            return Taken(identity[:64], [identity[:80]] if identity else None)
        code = f"push_{status}"
        require_clear(status, code if status in CLEAR else "")
        detail = f"{answer.get('code') or ''} {answer.get('message') or ''}".strip()
        raise TransportError.under(rule_of(self.account.kind, code), code, detail[:200])

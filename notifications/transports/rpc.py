"""Aliyun's RPC style, signature version 1: sorted parameters, HMAC-SHA1, form-encoded POST.

https://help.aliyun.com/document_detail/315526.html describes it. Parameters are percent-encoded once for the body
and once more for the signature; what is encoded already holds only unreserved characters and "%", so the second
encoding is a plain replacement.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from notifications.errors import rule_of
from notifications.gateways import Account
from notifications.transports import TransportError
from notifications.transports.wire import Wire, decoded, require_clear

HEADERS = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}


def encode(text: str) -> str:
    return quote(text, safe="~")


def signed_body(parameters: Mapping[str, str], account: Account) -> bytes:
    """The form body of a POST, signature included."""
    pairs = sorted((encode(name), encode(value)) for name, value in parameters.items())
    query = "&".join(f"{name}={value}" for name, value in pairs)
    again = query.replace("%", "%25").replace("=", "%3D").replace("&", "%26")
    digest = hmac.new(f"{account.secret}&".encode(), f"POST&%2F&{again}".encode(), hashlib.sha1).digest()
    return f"{query}&Signature={encode(base64.b64encode(digest).decode())}".encode()


def request_of(action: str, version: str, parameters: Mapping[str, str], account: Account) -> bytes:
    """The signed body of one call, for once and now."""
    return signed_body(
        {
            **parameters,
            "Action": action,
            "Version": version,
            "Format": "JSON",
            "RegionId": "cn-hangzhou",
            "AccessKeyId": account.key_id,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureVersion": "1.0",
            "SignatureNonce": uuid.uuid4().hex,
            "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
        account,
    )


class RpcClient:
    """Calls to one endpoint as one account."""

    def __init__(self, account: Account, version: str = "2017-05-25") -> None:
        self.account, self.version = account, version
        self.wire = Wire(account.url, guarded=account.guarded)

    def call(self, action: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """The answer whose Code is OK. Raises TransportError or Ambiguous for anything else."""
        status, raw = self.wire.post(request_of(action, self.version, parameters, self.account), HEADERS)
        answer = decoded(raw)
        code, detail = str(answer.get("Code") or ""), str(answer.get("Message") or "")
        if status == http.client.OK and code == "OK":
            return answer
        require_clear(status, code)
        code = code or f"http_{status}"
        raise TransportError.under(rule_of(self.account.kind, code), code, detail[:200])

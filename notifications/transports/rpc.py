"""Aliyun's RPC style, signature version 1: sorted parameters, HMAC-SHA1, form-encoded POST.

https://help.aliyun.com/document_detail/315526.html describes it. Parameters are percent-encoded once for the body
and once more for the signature; what is encoded already holds only unreserved characters and "%", so the second
encoding is a plain replacement. A call for a hundred has 14,000 bytes to encode, so a table does it in one go.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import string
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np

from notifications.errors import rule_of
from notifications.gateways import Account
from notifications.transports import TransportError
from notifications.transports.wire import Wire, decoded, require_clear

HEADERS = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
UNRESERVED = f"{string.ascii_letters}{string.digits}-._~".encode()
# What each byte becomes; UTF-8 knows no byte 254 or 255, which stand for the signs between parameters.
EQUALS, AND = b"\xff", b"\xfe"
ENCODED = np.array([bytes([byte]) if byte in UNRESERVED else b"%%%02X" % byte for byte in range(256)])
ENCODED[EQUALS[0]], ENCODED[AND[0]] = b"=", b"&"


def signed_body(parameters: Mapping[str, str], account: Account) -> bytes:
    """The form body of a POST, signature included. Names are plain letters, so they sort as if encoded."""
    query = encode(AND.join(name.encode() + EQUALS + value.encode() for name, value in sorted(parameters.items())))
    again = query.replace(b"%", b"%25").replace(b"=", b"%3D").replace(b"&", b"%26")
    digest = hmac.new(f"{account.secret}&".encode(), b"POST&%2F&" + again, hashlib.sha1).digest()
    return query + b"&Signature=" + encode(base64.b64encode(digest))


def encode(raw: bytes) -> bytes:
    return ENCODED[np.frombuffer(raw, np.uint8)].tobytes().translate(None, b"\0")


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

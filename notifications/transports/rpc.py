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
import select
import socket
import threading
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from notifications.errors import aliyun_rule
from notifications.gateways import AliyunAccount
from notifications.transports import Ambiguous, TransportError

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 8.0
MAYBE_TAKEN = {502, 504}  # a proxy speaks for a server that may have done the work
HEADERS = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}


def encode(text: str) -> str:
    return quote(text, safe="~")


def signed_body(parameters: Mapping[str, str], account: AliyunAccount) -> bytes:
    """The form body of a POST, signature included."""
    pairs = sorted((encode(name), encode(value)) for name, value in parameters.items())
    query = "&".join(f"{name}={value}" for name, value in pairs)
    again = query.replace("%", "%25").replace("=", "%3D").replace("&", "%26")
    digest = hmac.new(f"{account.secret}&".encode(), f"POST&%2F&{again}".encode(), hashlib.sha1).digest()
    return f"{query}&Signature={encode(base64.b64encode(digest).decode())}".encode()


class RpcClient:
    """One keep-alive connection per thread to one endpoint."""

    def __init__(self, account: AliyunAccount, version: str = "2017-05-25") -> None:
        self.account, self.version = account, version
        parts = urlsplit(account.url)
        self.path = parts.path or "/"
        self.host, self.secure = parts.hostname or "", parts.scheme == "https"
        self.port = parts.port or (443 if self.secure else 80)
        self.local = threading.local()

    def call(self, action: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """The answer whose Code is OK. Raises TransportError or Ambiguous for anything else."""
        body = signed_body(
            {
                **parameters,
                "Action": action,
                "Version": self.version,
                "Format": "JSON",
                "RegionId": "cn-hangzhou",
                "AccessKeyId": self.account.key_id,
                "SignatureMethod": "HMAC-SHA1",
                "SignatureVersion": "1.0",
                "SignatureNonce": uuid.uuid4().hex,
                "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
            self.account,
        )
        status, raw = self.post(body)
        try:
            answer = msgspec.json.decode(raw)
            code, detail = str(answer.get("Code") or ""), str(answer.get("Message") or "")
        except (msgspec.DecodeError, AttributeError):
            answer, code, detail = {}, "", ""
        if status == http.client.OK and code == "OK":
            return answer
        if status in MAYBE_TAKEN or (not code and status not in {429, 503}):
            raise Ambiguous(f"http_{status}", "the answer does not say whether it was taken")
        code = code or f"http_{status}"
        raise TransportError.under(aliyun_rule(code), code, detail[:200])

    def post(self, body: bytes) -> tuple[int, bytes]:
        connection = self.connect()
        try:
            connection.request("POST", self.path, body, HEADERS)
            answer = connection.getresponse()
            raw = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Ambiguous("no_answer", type(error).__name__) from error
        if answer.will_close:
            self.close()
        return answer.status, raw

    def connect(self) -> http.client.HTTPConnection:
        """This thread's open connection; a new one when the provider has closed it meanwhile.

        Only here may a failure be called harmless: nothing of the request has left yet.
        """
        connection: http.client.HTTPConnection | None = getattr(self.local, "connection", None)
        if connection is not None:
            if connection.sock is not None and not select.select([connection.sock], [], [], 0)[0]:
                return connection
            self.close()
        make = http.client.HTTPSConnection if self.secure else http.client.HTTPConnection
        connection = make(self.host, self.port, timeout=CONNECT_SECONDS)
        try:
            connection.connect()
        except OSError as error:
            raise TransportError("unreachable", type(error).__name__, wait=2) from error
        connection.sock.settimeout(ANSWER_SECONDS)
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.local.connection = connection
        return connection

    def close(self) -> None:
        if connection := getattr(self.local, "connection", None):
            connection.close()
        self.local.connection = None

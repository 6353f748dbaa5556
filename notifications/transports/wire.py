"""HTTP to a provider: one keep-alive connection per thread, and never in doubt about what may have left."""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import threading
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from notifications.transports import Ambiguous, TransportError
from notifications.transports.webhook import Forbidden, resolve

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 8.0
MOST_READ = 1_000_000
MAYBE_TAKEN = {502, 504}  # a proxy speaks for a server that may have done the work
NOT_TAKEN = {429, 503}  # turned away at the door


def open_socket(host: str, port: int, *, secure: bool, guarded: bool, timeout: float) -> socket.socket:
    """A connection to the host; `guarded` to addresses only that an address chosen in the browser may lead to, resolved
    once. Raises Forbidden, OSError."""
    where = resolve(host, port, secure=secure) if guarded else host
    return socket.create_connection((where, port), timeout=timeout)


class Wire:
    """`url` is http:// or https://, with a path or without."""

    def __init__(self, url: str, *, guarded: bool) -> None:
        parts = urlsplit(url)
        self.base = parts.path.rstrip("/")
        self.host, self.secure, self.guarded = parts.hostname or "", parts.scheme == "https", guarded
        self.port = parts.port or (443 if self.secure else 80)
        self.local = threading.local()

    def post(self, body: bytes, headers: Mapping[str, str], path: str = "") -> tuple[int, bytes]:
        """Status and body. Raises TransportError while nothing has left, Ambiguous after that."""
        connection = self.connect()
        parts: list[bytes] = []
        connection.send = parts.append  # type: ignore[method-assign, assignment]
        try:
            connection.request("POST", self.base + path or "/", body, dict(headers))
            connection.sock.sendall(b"".join(parts))  # head and body at once, so that the other side wakes up once
            answer = connection.getresponse()
            raw = answer.read(MOST_READ)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Ambiguous("no_answer", type(error).__name__) from error
        if answer.will_close or len(raw) == MOST_READ:
            self.close()
        return answer.status, raw

    def post_json(
        self, body: object, headers: Mapping[str, str] | None = None, path: str = ""
    ) -> tuple[int, dict[str, Any]]:
        """The same with JSON both ways; an answer that is no JSON object is an empty one."""
        headers = {"content-type": "application/json; charset=utf-8", **(headers or {})}
        status, raw = self.post(msgspec.json.encode(body), headers, path)
        return status, decoded(raw)

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
        connection = make(self.host, self.port)
        try:
            plain = open_socket(self.host, self.port, secure=self.secure, guarded=self.guarded, timeout=CONNECT_SECONDS)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            context = ssl.create_default_context() if self.secure else None
            connection.sock = context.wrap_socket(plain, server_hostname=self.host) if context else plain
        except Forbidden as error:
            raise TransportError("forbidden_address", error.code, switch=True, wait=300) from error
        except OSError as error:
            raise TransportError("unreachable", type(error).__name__, wait=2) from error
        connection.sock.settimeout(ANSWER_SECONDS)
        self.local.connection = connection
        return connection

    def close(self) -> None:
        if connection := getattr(self.local, "connection", None):
            connection.close()
        self.local.connection = None


def decoded(raw: bytes) -> dict[str, Any]:
    """A JSON object; an empty one for anything else, and for one with a character that no text of ours may hold."""
    if b"\\u0000" in raw:
        return {}
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}


def inner(answer: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object within an answer; an empty one where there is none."""
    found = answer.get(name)
    return found if isinstance(found, dict) else {}


def rows_of(answer: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The objects that an answer lists. Raises Ambiguous for one without such a list: it says nothing."""
    found = answer.get(name)
    if isinstance(found, list) and all(isinstance(row, dict) for row in found):
        return found
    raise Ambiguous("unexpected", f"the answer does not list {name}")


def require_clear(status: int, code: str) -> None:
    """Raises Ambiguous when an answer that is no success does not say that nothing was taken."""
    if status in MAYBE_TAKEN or (not code and status not in NOT_TAKEN):
        raise Ambiguous(f"http_{status}", "the answer does not say whether it was taken")

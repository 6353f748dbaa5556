"""One POST to a system outside: to addresses it may be sent to only, in bounded time, following nothing.

The name is resolved once and that very address is connected to, so that nobody can answer the check with one address
and the call with another. Private, loopback and other special addresses are refused unless FENGHUO_WEBHOOK_NETWORKS
(comma-separated, "10.1.0.0/16, 127.0.0.0/8") lists them; plain http is for those alone.
"""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import os
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

CONNECT_SECONDS = 5.0
WHOLE_SECONDS = 15.0
MOST_READ = 4096
EXCERPT = 500

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Forbidden(Exception):
    """We do not send there; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Answered:
    """What came of a call: the status, or 0 with a `problem`; `wait` is what a Retry-After asks for."""

    status: int
    problem: str = ""
    excerpt: str = ""
    duration_ms: int = 0
    wait: int = 0

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        return self.status == http.client.GONE


def own_networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    """The networks of FENGHUO_WEBHOOK_NETWORKS. Raises ValueError when it cannot be read."""
    listed = os.environ.get("FENGHUO_WEBHOOK_NETWORKS") or ""
    return [ipaddress.ip_network(part.strip()) for part in listed.split(",") if part.strip()]


def inner(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, if it stands for one."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped or address.sixtofour:
            return address.ipv4_mapped or address.sixtofour or address
        if address.teredo:
            return address.teredo[1]
        if address in NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def listed(address: Address) -> bool:
    """Whether the operator named a network of ours that holds it."""
    return any(address in network for network in own_networks() if network.version == address.version)


def parse(url: str) -> SplitResult:
    """The parts of an address that can be posted to. Raises Forbidden."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise Forbidden("address") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None or port == 0:
        raise Forbidden("address")
    if not url.isascii() or any(char <= " " or char == "\x7f" for char in url):
        raise Forbidden("address")
    return parts


def check(address: str, *, secure: bool) -> None:
    """Raises Forbidden unless we may connect to this address."""
    found = inner(ipaddress.ip_address(address.partition("%")[0]))
    if listed(found):
        return
    if not found.is_global or found.is_multicast or found.is_reserved:
        raise Forbidden("private_address")
    if not secure:
        raise Forbidden("plain_http")


def require_allowed(url: str) -> None:
    """What can be said of an address before it is called: its form, and where it leads if it names a number.

    Raises Forbidden.
    """
    parts = parse(url)
    host = parts.hostname or ""
    if host.replace(".", "").isdigit() or ":" in host:
        try:
            address = str(ipaddress.ip_address(host))
        except ValueError as error:
            raise Forbidden("address") from error
        check(address, secure=parts.scheme == "https")


def resolve(host: str, port: int, *, secure: bool) -> str:
    """One address of the host, all of which must be allowed. Raises Forbidden, OSError."""
    found = [row[4][0] for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    for address in found:
        check(str(address), secure=secure)
    return str(found[0])


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answered:
    """Post once and say what came of it; never raises for what the other side or the network does."""
    began = time.monotonic()
    try:
        answer = call(parse(url), body, headers)
    except Forbidden as error:
        answer = Answered(0, error.code)
    except TimeoutError:
        answer = Answered(0, "timeout")
    except ssl.SSLError:
        answer = Answered(0, "tls")
    except socket.gaierror:
        answer = Answered(0, "unknown_host")
    except ConnectionRefusedError:
        answer = Answered(0, "refused")
    except (OSError, http.client.HTTPException, ValueError) as error:
        answer = Answered(0, "timeout" if time.monotonic() - began >= WHOLE_SECONDS else type(error).__name__[:64])
    took = round((time.monotonic() - began) * 1000)
    return Answered(answer.status, answer.problem, answer.excerpt, took, answer.wait)


def call(parts: SplitResult, body: bytes, headers: Mapping[str, str]) -> Answered:
    secure = parts.scheme == "https"
    host = parts.hostname or ""
    port = parts.port or (443 if secure else 80)
    address = resolve(host, port, secure=secure)
    plain = socket.create_connection((address, port), timeout=CONNECT_SECONDS)
    # A server may answer a byte at a time: the whole call has an end, too.
    end = threading.Timer(WHOLE_SECONDS, hang_up, [plain])
    end.daemon = True
    end.start()
    try:
        plain.settimeout(WHOLE_SECONDS)
        sock = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if secure else plain
        make = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = make(host, port)
        connection.sock = sock
        path = parts.path or "/"
        connection.request("POST", f"{path}?{parts.query}" if parts.query else path, body, dict(headers))
        response = connection.getresponse()
        raw = response.read(MOST_READ)
        connection.close()
    finally:
        end.cancel()
        plain.close()
    text = raw.decode("utf-8", "replace").replace("\x00", "")[:EXCERPT]
    problem = "" if 200 <= response.status < 300 else "redirect" if 300 <= response.status < 400 else "status"
    return Answered(response.status, problem, text, wait=retry_after(response.getheader("Retry-After")))


def hang_up(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def retry_after(value: str | None) -> int:
    """Seconds, at most an hour; a date is not understood."""
    return min(int(value), 3600) if value and value.isascii() and value.isdigit() and len(value) < 10 else 0

"""A thin client for an order system that works with Fenghuo. Python 3.9 or newer, standard library only.

    oms = Fenghuo("https://fenghuo.example.com", key="fh_…")
    oms.push_orders(orders)                       # any iterable of rows, sent in batches, gzipped
    for page in oms.pages(after=saved):           # new ways for orders, in the order in which they were decided
        taken, refused = carry_out(page.assignments)
        oms.answer(accepted=taken, refused=refused)
        save(page.next)                           # only now: a crash before repeats the page, and loses nothing

Every call may be repeated safely, so the client itself repeats what the network lost and waits when the server asks
for time (429 and 503 with Retry-After). docs/order-system.md tells the whole story.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import hmac
import http.client
import itertools
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlencode, urlsplit

BATCH = 2_000  # orders a call; the server takes 10,000 or 10 MB
TRIES = 6
LONGEST_WAIT = 30.0
TOLERANCE = 300  # seconds that a webhook may be old


class FenghuoError(Exception):
    """The server refused: `status`, a stable `code`, and its `answer` with the details."""

    def __init__(self, status: int, answer: Any) -> None:
        self.status, self.answer = status, answer
        self.code = answer.get("code", "") if isinstance(answer, dict) else ""
        super().__init__(f"{status} {answer}")


class BadWebhook(ValueError):
    """The message was not signed with our secret, or is too old."""


@dataclass(frozen=True)
class Assignment:
    """Where an order goes from now on: `kind` is reroute, return or rollback. To one that has left: detour (leave the
    lane at `hub`, go on by `lane`), hold (at `hub`; None: ask the carrier), turn_back or resume. A later row about an
    order counts."""

    id: int
    kind: str
    order: str
    order_version: int
    warehouse: str | None
    lane: int | None
    carrier: str | None
    service_level: str
    reference: str
    reroute: int
    wave: int
    made_at: str
    hub: str | None = None

    @property
    def on_the_way(self) -> bool:
        return self.kind in ("detour", "hold", "turn_back", "resume")


KNOWN = [each.name for each in fields(Assignment)]  # a newer server may say more


@dataclass(frozen=True)
class Page:
    """Some assignments, and the cursor behind them: keep it once they are carried out."""

    assignments: list[Assignment]
    next: str
    has_more: bool


@dataclass
class Pushed:
    """What came of pushing rows; `problems` are the rows that were rejected, each with its reason."""

    received: int = 0
    created: int = 0
    updated: int = 0
    ignored: int = 0
    rejected: int = 0
    problems: list[dict[str, Any]] = field(default_factory=list)


class Fenghuo:
    """One connection to one server; not for several threads at once."""

    def __init__(self, url: str, key: str, *, timeout: float = 60.0) -> None:
        parts = urlsplit(url)
        self.secure, self.host, self.port = parts.scheme == "https", parts.hostname or "", parts.port
        self.base, self.timeout = parts.path.rstrip("/") + "/api/v1", timeout
        self.headers = {
            "Authorization": f"Bearer {key}",
            "Accept": "application/json",
            "User-Agent": "fenghuo-client/1",
        }
        self.connection: http.client.HTTPConnection | None = None

    # --- orders and stock go in ---------------------------------------------------------------------------------------

    def push_orders(self, orders: Iterable[Mapping[str, Any]], *, batch: int = BATCH) -> Pushed:
        """Send whole orders or status updates; only a higher `version` than the known one changes anything."""
        return self.push("/orders/bulk", orders, batch)

    def push_stock(self, rows: Iterable[Mapping[str, Any]], *, batch: int = BATCH) -> Pushed:
        """Send what lies where: rows of warehouse, product and quantity."""
        return self.push("/stock/bulk", rows, batch)

    def push(self, path: str, rows: Iterable[Mapping[str, Any]], batch: int) -> Pushed:
        total = Pushed()
        source = iter(rows)
        while part := list(itertools.islice(source, batch)):
            answer = self.call("PUT", path, part, compress=True)
            for name in ("received", "created", "updated", "ignored", "rejected"):
                setattr(total, name, getattr(total, name) + answer.get(name, 0))
            total.problems += [row for row in answer.get("rows", []) if row.get("result") == "rejected"]
        return total

    # --- assignments come out -----------------------------------------------------------------------------------------

    def pages(self, after: str = "", *, limit: int = 1_000) -> Iterator[Page]:
        """Pages behind the cursor until nothing more is there; "" is the beginning of time."""
        while True:
            query = {"limit": limit, **({"after": after} if after else {})}
            answer = self.call("GET", f"/assignments?{urlencode(query)}")
            rows = [Assignment(**{name: row[name] for name in KNOWN if name in row}) for row in answer["results"]]
            page = Page(rows, answer["next"], answer["has_more"])
            if page.assignments:
                yield page
            after = page.next
            if not page.has_more:
                return

    def answer(self, *, accepted: Iterable[int] = (), refused: Mapping[int, str] | None = None) -> int:
        """Say of assignments that they are carried out, or why not; return how many answers were new.

        A refused order goes back to where it was and enters the next reroute, which offers another way.
        """
        answers: list[dict[str, Any]] = [{"assignment": pk, "status": "accepted"} for pk in accepted]
        answers += [{"assignment": pk, "status": "refused", "reason": why} for pk, why in (refused or {}).items()]
        new = 0
        for start in range(0, len(answers), 5_000):
            new += self.call("POST", "/assignments/ack", {"answers": answers[start : start + 5_000]})["answered"]
        return new

    def skipped(self, reroute: int) -> Iterator[dict[str, Any]]:
        """Orders that the waves left alone because they changed after the freeze."""
        return self.listed(f"/reroutes/{reroute}/skipped")

    def refused(self, reroute: int) -> Iterator[dict[str, Any]]:
        """Orders that we refused, and whether they await the next run."""
        return self.listed(f"/reroutes/{reroute}/refused")

    def listed(self, path: str) -> Iterator[dict[str, Any]]:
        after: int | None = 0
        while after is not None:
            answer = self.call("GET", f"{path}?after={after}")
            yield from answer["results"]
            after = answer["next"]

    # --- the wire -----------------------------------------------------------------------------------------------------

    def call(self, method: str, path: str, body: Any = None, *, compress: bool = False) -> Any:
        """The answer's JSON. Raises FenghuoError for a refusal, OSError when the server stays away."""
        headers = dict(self.headers)
        raw = None
        if body is not None:
            raw = json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=str).encode()
            headers["Content-Type"] = "application/json"
            if compress:
                raw, headers["Content-Encoding"] = gzip.compress(raw, 5), "gzip"
        for attempt in range(1, TRIES + 1):
            wait = min(LONGEST_WAIT, 0.25 * 2**attempt)
            try:
                status, answer, asked = self.send(method, self.base + path, raw, headers)
            except (OSError, http.client.HTTPException):
                self.close()
                if attempt == TRIES:
                    raise
            else:
                if status < 300:
                    return answer
                if status not in (429, 502, 503, 504) or attempt == TRIES:
                    raise FenghuoError(status, answer)
                wait = min(LONGEST_WAIT, float(asked)) if asked and asked.isdigit() else wait
            time.sleep(wait)
        raise AssertionError("unreachable")

    def send(self, method: str, path: str, raw: bytes | None, headers: dict[str, str]) -> tuple[int, Any, str | None]:
        if self.connection is None:
            make = http.client.HTTPSConnection if self.secure else http.client.HTTPConnection
            self.connection = make(self.host, self.port, timeout=self.timeout)
        self.connection.request(method, path, raw, headers)
        response = self.connection.getresponse()
        text = response.read()
        try:
            answer = json.loads(text) if text else None
        except ValueError:
            answer = {"detail": text[:200].decode("utf-8", "replace")}
        return response.status, answer, response.getheader("Retry-After")

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None


def verify_webhook(secret: str, headers: Mapping[str, str], body: bytes, *, now: float | None = None) -> dict[str, Any]:
    """The event {"type", "timestamp", "data"} of a webhook, once its signature is proven (Standard Webhooks, v1).

    `body` is the request's as it came. Keep `webhook-id` for some days and drop what you have seen: a repeat has the
    same. Raises BadWebhook.
    """
    given = {name.lower(): value for name, value in headers.items()}
    message, stamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not stamp.isdigit() or abs((time.time() if now is None else now) - int(stamp)) > TOLERANCE:
        raise BadWebhook("too old, or from the future")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message}.{stamp}.".encode() + body, hashlib.sha256).digest()
    right = "v1," + base64.b64encode(digest).decode()
    if not any(hmac.compare_digest(right, one) for one in given.get("webhook-signature", "").split()):
        raise BadWebhook("not signed with this secret")
    event: dict[str, Any] = json.loads(body)
    return event

"""Pages of very long lists: by key, in bounded time, with counts that are exact or say that they are not.

A list is walked newest first in windows as large as time allows; each is filtered. When the time is up before a page
is full, the page says from where to search on. So a rare filter costs several pages, never a page that does not come.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg2.errors import QueryCanceled

from accounts.actors import Actor
from dispatch.models import OrderState
from dispatch.scope import covered_regions, six_digits
from journal.numbers import whole

SMALLEST, LARGEST = 400, 20_000  # rows of a window
PATIENCE = 0.07  # seconds, after which no further window is begun
# What filters and pages need; a window of these stays in memory.
NARROW = (
    "o.id, o.external_id, o.state, o.region_id, o.warehouse_id, o.carrier_id, o.lane_id, o.priority, o.promise_at,"
    " o.updated_at"
)
COUNTED, COUNT_PATIENCE_MS = 10_000, 50
PHONES = 5_000
MOST_FOUND = 1_000
NO_KEY = 2**63 - 1
DIGITS = re.compile(r"[\d\s()+-]{4,}")
ALLOCATED, UNALLOCATED, LATE = "allocated", "unallocated", "late"
DERIVED = (ALLOCATED, UNALLOCATED, LATE)


@dataclass(frozen=True)
class OrderFilter:
    """`state` is an OrderState, or "allocated" and "unallocated" (open with or without a warehouse), or "late" (open
    past the promise). `region` covers the regions inside it; `promise_from` ≤ promise < `promise_to`; `priority` is
    the least. `text` begins an external id (3 characters or more) or ends a phone number (4 digits or more)."""

    text: str = ""
    state: str = ""
    region: str = ""
    warehouse: str = ""
    carrier: str = ""
    lane: int | None = None
    priority: int | None = None
    promise_from: datetime | None = None
    promise_to: datetime | None = None
    updated_since: datetime | None = None

    @property
    def open_only(self) -> bool:
        return self.state in (OrderState.OPEN, *DERIVED)


@dataclass
class Found:
    """A page: ids in the list's order. `next` continues it, "" at its end; `searched` when the time was up before the
    page was full."""

    ids: list[int] = field(default_factory=list)
    next: str = ""
    searched: bool = False


@dataclass(frozen=True)
class Count:
    """How many rows a list has; `exact` is False for the planner's estimate."""

    rows: int
    exact: bool


class Search:
    """A filtered list of orders (`source` "dispatch_order o"), visible to `by`, in SQL."""

    def __init__(self, by: Actor, wanted: OrderFilter) -> None:
        self.wanted = wanted
        self.parameters: dict[str, Any] = {}
        self.conditions: list[str] = []
        self.limit_to(by)
        self.filter()

    def add(self, condition: str, **parameters: Any) -> None:
        self.conditions.append(condition)
        self.parameters |= parameters

    def limit_to(self, by: Actor) -> None:
        if by.regions:
            regions = covered_regions(six_digits(code) for code in by.regions)
            self.add("o.region_id = ANY(%(visible_regions)s::varchar[])", visible_regions=regions)
        if by.warehouses:
            self.add("o.warehouse_id = ANY(%(visible_houses)s::varchar[])", visible_houses=list(by.warehouses))

    def filter(self) -> None:
        wanted = self.wanted
        if wanted.open_only:
            self.add("o.state = 'open'")
        elif wanted.state:
            self.add("o.state = %(state)s", state=wanted.state)
        if wanted.state in (ALLOCATED, UNALLOCATED):
            self.add(f"o.warehouse_id IS {'NOT ' if wanted.state == ALLOCATED else ''}NULL")
        if wanted.state == LATE:
            self.add("o.promise_at < (SELECT fenghuo_now())")
        if wanted.region:
            self.add("o.region_id = ANY(%(regions)s::varchar[])", regions=covered_regions([six_digits(wanted.region)]))
        for name in ("warehouse", "carrier", "lane"):
            if getattr(wanted, name) not in ("", None):
                self.add(f"o.{name}_id = %({name})s", **{name: getattr(wanted, name)})
        if wanted.priority is not None:
            self.add("o.priority >= %(priority)s", priority=wanted.priority)
        if wanted.promise_from is not None:
            self.add("o.promise_at >= %(promise_from)s", promise_from=wanted.promise_from)
        if wanted.promise_to is not None:
            self.add("o.promise_at < %(promise_to)s", promise_to=wanted.promise_to)
        if wanted.updated_since is not None:
            self.add("o.updated_at >= %(updated_since)s", updated_since=wanted.updated_since)

    @property
    def where(self) -> str:
        return " AND ".join(self.conditions) or "true"

    def page(self, size: int, after: str = "") -> Found:
        """The page behind `after` ("" is the beginning)."""
        if self.wanted.text.strip():
            return walk(self.by_number(after), size)
        key = whole(after)
        return walk(self.by_id(NO_KEY if key is None else key), size)

    def oldest_first(self, size: int, after: int) -> Found:
        """The page of orders with an id above `after`, oldest first, whatever the filters."""
        if self.wanted.text.strip():
            ids = self.ids_of_text()
            self.add("o.id = ANY(%(found)s::bigint[])", found=ids)
        return walk(self.by_id(after, oldest=True), size)

    def by_id(self, after: int, *, oldest: bool = False) -> Walk:
        """By id. The state is sought, not filtered, where an index by id has only its orders."""
        sought = [f"o.state = '{'open' if self.wanted.open_only else self.wanted.state}'"] if self.indexed else []
        if "found" in self.parameters:
            sought.append("o.id = ANY(%(found)s::bigint[])")
        beyond, order = ("o.id > %(after)s::bigint", "key") if oldest else ("o.id < %(after)s::bigint", "key DESC")
        return Walk(
            window=f"SELECT {NARROW}, o.id AS key FROM dispatch_order o WHERE "
            + " AND ".join([*sought, beyond])
            + f" ORDER BY {order} LIMIT %(window)s",
            where=self.where,
            order=order,
            edge="max(key)" if oldest else "min(key)",
            parameters=self.parameters,
            after=after,
        )

    @property
    def indexed(self) -> bool:
        return self.wanted.open_only or self.wanted.state == OrderState.HELD

    def by_number(self, after: str) -> Walk:
        """By external id: those that begin with the text, and those of a phone that ends with it."""
        text = self.wanted.text.strip().replace("\x00", "")
        digits = re.sub(r"\D", "", text) if DIGITS.fullmatch(text) else ""
        parts = []
        parameters = {**self.parameters, "text": text, "end": f"{text}\U0010ffff", "phones": []}
        number = (
            "o.external_id >= %(text)s AND o.external_id < %(end)s" if len(text) >= 3 else "o.external_id = %(text)s"
        )
        for sought in [number, *(["o.id = ANY(%(phones)s::bigint[])"] if len(digits) >= 4 else [])]:
            parts.append(
                f"(SELECT {NARROW}, o.external_id AS key FROM dispatch_order o WHERE {sought}"
                " AND o.external_id > %(after)s ORDER BY o.external_id LIMIT %(window)s)"
            )
        if len(digits) >= 4:
            parameters["phones"] = phones_ending(digits)
        return Walk(
            window=f"SELECT DISTINCT ON (key) * FROM ({' UNION ALL '.join(parts)}) b ORDER BY key LIMIT %(window)s",
            where=self.where,
            order="key",
            edge="max(key)",
            parameters=parameters,
            after=after[:64].replace("\x00", ""),
        )

    def ids_of_text(self) -> list[int]:
        """Ids of the first MOST_FOUND orders that the text finds, by number."""
        found = walk(self.by_number(""), MOST_FOUND)
        return found.ids

    def count(self, found: Found, first: bool) -> Count:
        """How many orders the whole list has: exact when that is told in a moment, else the planner's estimate."""
        if first and not found.next:
            return Count(len(found.ids), True)
        guess = estimate(f"SELECT 1 FROM dispatch_order o WHERE {self.where}", self.parameters)
        if guess.rows > COUNTED or found.searched:
            return guess
        counted = count_in_time(f"SELECT 1 FROM dispatch_order o WHERE {self.where}", self.parameters)
        return guess if counted is None else counted


def count_in_time(query: str, parameters: dict[str, Any]) -> Count | None:
    """At most COUNTED rows, counted; None when there are more or the time is up."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{COUNT_PATIENCE_MS}ms"])
            cursor.execute(f"SELECT count(*) FROM ({query} LIMIT {COUNTED + 1}) found", parameters)
            rows = int(cursor.fetchone()[0])
            cursor.execute("SELECT set_config('statement_timeout', '0', true)")
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            return None
        raise
    return Count(rows, True) if rows <= COUNTED else None


def phones_ending(digits: str) -> list[int]:
    """Orders whose phone ends with the digits, by the index over the last four."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM dispatch_order WHERE phone <> '' AND right(phone, 4) = %(four)s AND phone LIKE %(like)s"
            " LIMIT %(most)s",
            {"four": digits[-4:], "like": f"%{digits}", "most": PHONES},
        )
        return [pk for (pk,) in cursor.fetchall()]


@dataclass(frozen=True)
class Walk:
    """`window` selects up to %(window)s rows behind %(after)s with their `key`; `where` filters them as `o`."""

    window: str
    where: str
    order: str
    edge: str
    parameters: dict[str, Any]
    after: Any


def walk(steps: Walk, size: int) -> Found:
    """Window after window until the page is full, the list is over or the time is up."""
    found, after, window, began = Found(), steps.after, SMALLEST, time.perf_counter()
    while True:
        started = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute(
                f"WITH o AS MATERIALIZED ({steps.window}) SELECT"
                f" (SELECT array_agg(ARRAY[id::text, key::text]) FROM (SELECT id, key FROM o WHERE {steps.where}"
                f" ORDER BY {steps.order} LIMIT %(size)s) hit),"
                f" (SELECT count(*) FROM o), (SELECT {steps.edge} FROM o)",
                {**steps.parameters, "after": after, "window": window, "size": size + 1 - len(found.ids)},
            )
            hits, seen, edge = cursor.fetchone()
        for pk, key in hits or ():
            if len(found.ids) == size:
                found.next = str(after)
                return found
            found.ids.append(int(pk))
            after = key
        if seen < window:
            return found
        after = edge
        now = time.perf_counter()
        left = PATIENCE - (now - began)
        if left < 0:
            found.next, found.searched = str(after), True
            return found
        # The next one is what can be looked through in the time that is left.
        window = max(SMALLEST, min(LARGEST, int(window * left / (now - started))))


def estimate(query: str, parameters: dict[str, Any]) -> Count:
    """The planner's guess; exact where counting is cheap because the guess is small."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {query}", parameters)
        plan = cursor.fetchone()[0]
    plan = json.loads(plan) if isinstance(plan, str) else plan
    return Count(int(plan[0]["Plan"]["Plan Rows"]), False)

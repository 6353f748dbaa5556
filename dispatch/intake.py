"""Reading what the order system sends: JSON in, checked rows out. No database here.

A row is either a whole order or, without a region, a status update of one that is known: its version and any of
state, promise and times. A whole order without a state is open; a status update without one keeps it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, NoReturn

import msgspec
from msgspec import Meta

from dispatch.models.orders import ORDER_MOVES
from journal.refusal import Refusal

MOST_ORDERS = 10_000
MOST_BYTES = 10 * 1024 * 1024
HEAVIEST = Decimal(1_000_000)  # kg
FINEST = -25  # the leading digit of a weight stands at 10^-25 kg or before
LONGEST_WEIGHT = 40  # characters
# PostgreSQL text cannot hold NUL, and a lone surrogate is not a character.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Code = Annotated[str, Meta(min_length=1, max_length=32)]
Moment = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class MalformedOrders(Refusal):
    """The body is not a JSON array, or is nested too deeply."""

    status = 400


class TooManyOrders(Refusal):
    """The call is larger than 10,000 orders or 10 MB; it has to be sent in parts."""

    status = 413


class Line(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    product: Annotated[str, Meta(min_length=1, max_length=64)]
    quantity: Count = 1


class OrderRow(msgspec.Struct, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    external_id: Annotated[str, Meta(min_length=1, max_length=64)]
    version: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    state: Literal["open", "dispatched", "delivered", "cancelled"] | None = None
    region: Code | None = None
    service_level: Annotated[str, Meta(min_length=1, max_length=16)] | None = None
    warehouse: Code | None = None
    carrier: Code | None = None
    weight: Decimal | None = None
    quantity: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    lines: Annotated[list[Line], Meta(max_length=1000)] | None = None
    priority: Annotated[int, Meta(ge=0, le=100)] | None = None
    collected: bool | None = None
    ordered_at: Moment | None = None
    promise_at: Moment | None = None
    dispatched_at: Moment | None = None
    delivered_at: Moment | None = None
    cancelled_at: Moment | None = None
    customer_ref: Annotated[str, Meta(max_length=64)] | None = None
    customer_name: Annotated[str, Meta(max_length=120)] | None = None
    phone: Annotated[str, Meta(max_length=32)] | None = None
    email: Annotated[str, Meta(max_length=254, pattern=r"\A(?:[^@\s]+@[^@\s]+)?\Z")] | None = None
    language: Literal["zh-hans", "en"] | None = None

    @property
    def whole(self) -> bool:
        """A whole order, as against a status update."""
        return self.region is not None

    @property
    def settled_state(self) -> str | None:
        """The state that the row demands; None when it keeps whatever the order has."""
        return self.state or ("open" if self.whole else None)


ROWS = msgspec.json.Decoder(list[OrderRow])
MOMENTS = ("ordered_at", "promise_at", "dispatched_at", "delivered_at", "cancelled_at")
EARLIEST, LATEST = 2000, 2200
STATUS_FIELDS = frozenset({"external_id", "version", "state", *MOMENTS}) - {"ordered_at"}
ORDER_FIELDS = frozenset(OrderRow.__struct_fields__) - STATUS_FIELDS


@dataclass(frozen=True)
class Fault:
    """Why the row at `index` was not used."""

    index: int
    external_id: str
    code: str
    detail: str


@dataclass
class Batch:
    """Rows that passed, by their index in the call, and the faults of the others.

    `as_sent` means that the body itself may be handed to PostgreSQL: every row passed and nothing needs rewriting.
    """

    rows: dict[int, OrderRow]
    faults: list[Fault] = field(default_factory=list)
    received: int = 0
    as_sent: bool = False

    def reject(self, index: int, code: str, detail: str) -> None:
        row = self.rows.pop(index)
        self.faults.append(Fault(index, row.external_id, code, detail))
        self.as_sent = False


def read(body: bytes, *, careful: bool = False) -> Batch:
    """Decode a call and check each row by itself.

    One bad row costs the fast way, not the call: the rows are then decoded one by one (`careful`). Raises
    MalformedOrders and TooManyOrders when the call cannot be read as a list of rows at all.
    """
    if len(body) > MOST_BYTES:
        raise TooManyOrders("The body is larger than 10 MB; send it in parts.", limit=MOST_BYTES)
    batch = None if careful else read_at_once(body)
    if batch is None:
        batch = read_one_by_one(body)
    for index, row in list(batch.rows.items()):
        if fault := fault_of(row, thorough=not batch.as_sent):
            batch.reject(index, *fault)
    return batch


def read_at_once(body: bytes) -> Batch | None:
    """The fast way: one decode of the whole body; None when anything in it needs a closer look."""
    if b"\\u0000" in body:
        return None
    try:
        rows = ROWS.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    refuse_more_than_allowed(len(rows))
    return Batch(rows=dict(enumerate(rows)), received=len(rows), as_sent=True)


def read_one_by_one(body: bytes) -> Batch:
    try:
        data = json.loads(body.decode("utf-8"), parse_float=Decimal, parse_constant=refuse_constant)
    except RecursionError as error:
        raise MalformedOrders("The JSON is nested too deeply.") from error
    except ValueError as error:
        raise MalformedOrders(f"Not valid JSON: {error}") from error
    if not isinstance(data, list):
        raise MalformedOrders("Send a JSON array of orders.")
    refuse_more_than_allowed(len(data))
    batch = Batch(rows={}, received=len(data))
    for index, item in enumerate(data):
        try:
            batch.rows[index] = msgspec.convert(item, OrderRow)
        except (msgspec.ValidationError, ValueError, ArithmeticError, RecursionError) as error:
            batch.faults.append(Fault(index, name_of(item), "invalid", UNSTORABLE.sub("�", str(error))[:300]))
    return batch


def refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def refuse_more_than_allowed(rows: int) -> None:
    if rows > MOST_ORDERS:
        raise TooManyOrders(f"{rows} orders in one call; send at most {MOST_ORDERS}.", limit=MOST_ORDERS)


def name_of(item: Any) -> str:
    """The external id of a row that could not be read, as far as it has one."""
    value = item.get("external_id") if isinstance(item, dict) else None
    return UNSTORABLE.sub("�", value)[:64] if isinstance(value, str) else ""


def fault_of(row: OrderRow, *, thorough: bool) -> tuple[str, str] | None:
    """What is wrong with a row by itself, as (code, detail)."""
    weight = row.weight
    if weight is not None and not (weight.is_finite() and 0 <= weight <= HEAVIEST and weight.adjusted() > FINEST):
        return "invalid", "weight must be between 0 and 1,000,000 kg"
    if row.state == "delivered" and row.delivered_at is None:
        return "invalid", "a delivered order needs delivered_at"
    for name in MOMENTS:
        moment = getattr(row, name)
        if moment is not None and not EARLIEST <= moment.year < LATEST:
            return "invalid", f"{name} lies before {EARLIEST} or after {LATEST - 1}"
    if row.region is None:
        given = sorted(name for name in ORDER_FIELDS if getattr(row, name) is not None)
        if given:
            return "invalid", f"region is missing (only a status update may leave it out, and it has no {given[0]})"
    elif row.service_level is None:
        return "invalid", "service_level is missing"
    elif row.carrier is not None and row.warehouse is None:
        return "invalid", "carrier is given without warehouse"
    elif row.lines and row.quantity is None and sum(line.quantity for line in row.lines) >= 2**31:
        return "invalid", "the lines add up to more units than an order can have"
    if thorough:
        if weight is not None and len(str(weight)) > LONGEST_WEIGHT:
            return "invalid", "weight has too many digits"
        for text in texts(row):
            if UNSTORABLE.search(text):
                return "invalid", "text holds a NUL or a lone surrogate"
    return None


def texts(row: OrderRow) -> Iterable[str]:
    for name in row.__struct_fields__:
        value = getattr(row, name)
        if isinstance(value, str):
            yield value
    for line in row.lines or ():
        yield line.product


def fold(batch: Batch) -> dict[str, int]:
    """Make the rows of one order within a call into one row, in the order of their versions.

    A later whole row replaces the earlier ones, a status update is laid over them; an equal or lower version is
    dropped. Returns {external_id: index of the surviving row}; the indexes that were folded into it leave
    `batch.rows` and count as ignored.
    """
    by_id: dict[str, list[int]] = {}
    for index, row in batch.rows.items():
        by_id.setdefault(row.external_id, []).append(index)
    for indexes in by_id.values():
        if len(indexes) == 1:
            continue
        indexes.sort(key=lambda index: (batch.rows[index].version, -index))
        kept = indexes[0]
        for index in indexes[1:]:
            row, before = batch.rows[index], batch.rows[kept]
            if row.version == before.version:
                del batch.rows[index]
                continue
            then, state = before.settled_state, row.settled_state
            if then and state and state != then and state not in ORDER_MOVES[then]:
                batch.reject(index, "illegal_move", illegal_move(then, state))
                continue
            batch.rows[index] = joined(before, row)
            del batch.rows[kept]
            kept = index
    return {row.external_id: index for index, row in batch.rows.items()}


def joined(before: OrderRow, after: OrderRow) -> OrderRow:
    """Two versions of one order as one: what the later one leaves out is as the earlier one has it."""
    if after.whole and after.settled_state == "open":
        return after
    names = {"dispatched_at"} if after.whole else set(before.__struct_fields__)
    missing = {name: getattr(before, name) for name in names if getattr(after, name) is None}
    return msgspec.structs.replace(after, **missing)


def illegal_move(before: str, after: str) -> str:
    legal = ", ".join(sorted(ORDER_MOVES[before])) or "nothing else"
    return f"a {before} order cannot become {after}; it may become: {legal}"

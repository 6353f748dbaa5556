"""The rows of an intake: their shape, and what is wrong with one by itself. No database here.

A row is either a whole order or, without a region, a status update: its version and any of state, promise, times and
parcels. A whole order without a state is open; a status update without one keeps it, unless it says when the order
was delivered or cancelled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from dispatch.models.orders import ORDER_MOVES

HEAVIEST = Decimal(1_000_000)  # kg
DEAREST = Decimal(10) ** 12  # yuan
NOTHING = Decimal(0)
FINEST = -25  # the leading digit of a weight stands at 10^-25 kg or before
LONGEST_WEIGHT = 40  # characters
# PostgreSQL text cannot hold NUL, and a lone surrogate is not a character.
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

Code = Annotated[str, Meta(min_length=1, max_length=32)]
Moment = Annotated[datetime, Meta(tz=True)]
Count = Annotated[int, Meta(ge=1, le=2**31 - 1)]


class Line(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    product: Annotated[str, Meta(min_length=1, max_length=64)]
    quantity: Count = 1


class ParcelRow(msgspec.Struct, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    number: Annotated[str, Meta(min_length=1, max_length=64)]
    state: Literal["packed", "in_transit", "delivered", "returned", "lost"] = "packed"
    wave: Annotated[str, Meta(max_length=32)] = ""
    warehouse: Code | None = None
    carrier: Code | None = None
    weight: Decimal | None = None
    quantity: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    lines: Annotated[list[Line], Meta(max_length=1000)] | None = None
    dispatched_at: Moment | None = None
    expected_at: Moment | None = None
    delivered_at: Moment | None = None


class OrderRow(msgspec.Struct, gc=False, forbid_unknown_fields=True, omit_defaults=True):
    external_id: Annotated[str, Meta(min_length=1, max_length=64)]
    version: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    state: Literal["open", "dispatched", "delivered", "cancelled", "held"] | None = None
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
    value: Decimal | None = None
    parcels: Annotated[list[ParcelRow], Meta(min_length=1, max_length=100)] | None = None

    @property
    def whole(self) -> bool:
        """A whole order, as against a status update."""
        return self.region is not None

    @property
    def settled_state(self) -> str | None:
        """The state that the row demands; None when it keeps whatever the order has."""
        if self.state is not None or self.whole:
            return self.state or "open"
        return "delivered" if self.delivered_at else "cancelled" if self.cancelled_at else None


MOMENTS = ("ordered_at", "promise_at", "dispatched_at", "delivered_at", "cancelled_at")
PARCEL_MOMENTS = ("dispatched_at", "expected_at", "delivered_at")
EARLIEST, LATEST = 2000, 2200
STATUS_FIELDS = frozenset({"external_id", "version", "state", "parcels", *MOMENTS}) - {"ordered_at"}
ORDER_FIELDS = frozenset(OrderRow.__struct_fields__) - STATUS_FIELDS


@dataclass(frozen=True)
class Fault:
    """Why the row at `index` was not used, and what to do; `field` is the one to mend, where there is one."""

    index: int
    external_id: str
    code: str
    detail: str
    field: str = ""


@dataclass
class Batch:
    """Rows that passed, by their index in the call, and the faults of the others.

    `as_sent` means that the body itself may be handed to PostgreSQL: every row passed and nothing needs rewriting.
    `waiting` are status updates that came before their order.
    """

    rows: dict[int, OrderRow]
    faults: list[Fault] = field(default_factory=list)
    received: int = 0
    as_sent: bool = False
    waiting: list[int] = field(default_factory=list)

    def reject(self, index: int, code: str, detail: str, name: str = "") -> None:
        row = self.rows.pop(index)
        self.faults.append(Fault(index, row.external_id, code, detail, name))
        self.as_sent = False


def fault_of(row: OrderRow, *, thorough: bool) -> tuple[str, str] | None:
    """What is wrong with a row by itself, as (field, detail). `thorough` looks at texts and long numbers too, which
    the decoder of a whole body has seen already."""
    weight, value = row.weight, row.value
    if weight is not None and not plain(weight, HEAVIEST):
        return "weight", "weight must be between 0 and 1,000,000 kg"
    if value is not None and not plain(value, DEAREST):
        return "value", "value must be between 0 and 1,000,000,000,000 yuan"
    for moment in (row.promise_at, row.ordered_at, row.dispatched_at, row.delivered_at, row.cancelled_at):
        if moment is not None and not EARLIEST <= moment.year < LATEST:
            return "", f"a time lies before {EARLIEST} or after {LATEST - 1}"
    if row.region is None:
        given = sorted(name for name in ORDER_FIELDS if getattr(row, name) is not None)
        if given:
            return "region", f"region is missing (only a status update may leave it out, and it has no {given[0]})"
        if row.dispatched_at is not None and row.settled_state is None:
            return "state", "dispatched_at needs a state: send the one the order is in"
    elif row.service_level is None:
        return "service_level", "service_level is missing"
    elif row.carrier is not None and row.warehouse is None:
        return "warehouse", "carrier is given without warehouse"
    if row.lines and row.quantity is None and len(row.lines) > 1 and sum(line.quantity for line in row.lines) >= 2**31:
        return "lines", "the lines add up to more units than an order can have"
    if row.state == "delivered" and row.delivered_at is None:
        return "delivered_at", "a delivered order needs delivered_at"
    if row.parcels is not None and (wrong := fault_of_parcels(row.parcels)):
        return "parcels", wrong
    return too_long(row) if thorough else None


LEAST = Decimal("0.000001")


def surely_right(row: OrderRow) -> bool:
    """Whether an ordinary open order has no fault, told in a microsecond; False says nothing."""
    weight, value, promise = row.weight, row.value, row.promise_at
    return (
        row.region is not None
        and row.service_level is not None
        and row.state is None
        and row.parcels is None
        and row.ordered_at is row.dispatched_at is row.delivered_at is row.cancelled_at is None
        and (promise is None or EARLIEST <= promise.year < LATEST)
        and (weight is None or (weight.is_finite() and LEAST <= weight <= HEAVIEST))
        and (value is None or (value.is_finite() and LEAST <= value <= DEAREST))
        and (row.carrier is None or row.warehouse is not None)
        and (row.quantity is not None or not row.lines or len(row.lines) == 1)
    )


def plain(number: Decimal, most: Decimal) -> bool:
    """A finite number of 0…most whose digits do not begin absurdly far behind the point."""
    return number.is_finite() and NOTHING <= number <= most and number.adjusted() > FINEST


def too_long(row: OrderRow) -> tuple[str, str] | None:
    for name, number in (("weight", row.weight), ("value", row.value)):
        if number is not None and len(str(number)) > LONGEST_WEIGHT:
            return name, f"{name} has too many digits"
    for text in texts(row):
        if UNSTORABLE.search(text):
            return "", "text holds a NUL or a lone surrogate"
    return None


def fault_of_parcels(parcels: list[ParcelRow]) -> str | None:
    if len({parcel.number for parcel in parcels}) < len(parcels):
        return "two parcels have the same number"
    for parcel in parcels:
        if parcel.weight is not None and not plain(parcel.weight, HEAVIEST):
            return "the weight of a parcel must be between 0 and 1,000,000 kg"
        if parcel.weight is not None and len(str(parcel.weight)) > LONGEST_WEIGHT:
            return "the weight of a parcel has too many digits"
        if parcel.carrier is not None and parcel.warehouse is None:
            return "a parcel has a carrier but no warehouse"
        if sum(line.quantity for line in parcel.lines or ()) >= 2**31:
            return "the lines of a parcel add up to more units than it can have"
        if parcel.state == "delivered" and parcel.delivered_at is None:
            return "a delivered parcel needs delivered_at"
        for name in PARCEL_MOMENTS:
            moment = getattr(parcel, name)
            if moment is not None and not EARLIEST <= moment.year < LATEST:
                return f"{name} of a parcel lies before {EARLIEST} or after {LATEST - 1}"
        for text in (parcel.number, parcel.wave, *(line.product for line in parcel.lines or ())):
            if UNSTORABLE.search(text):
                return "a text of a parcel holds a NUL or a lone surrogate"
    return None


def texts(row: OrderRow) -> Iterable[str]:
    for name in row.__struct_fields__:
        value = getattr(row, name)
        if isinstance(value, str):
            yield value
    for line in row.lines or ():
        yield line.product


def illegal_move(before: str, after: str) -> str:
    legal = ", ".join(sorted(ORDER_MOVES[before])) or "nothing else"
    return f"a {before} order cannot become {after}; it may become: {legal}"

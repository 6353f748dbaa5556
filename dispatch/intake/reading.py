"""Reading the body of a call: a JSON array or one JSON value per line (NDJSON), plain or gzipped."""

from __future__ import annotations

import json
import re
import zlib
from decimal import Decimal
from typing import Any, NoReturn

import msgspec

from dispatch.intake.rows import UNSTORABLE, Batch, Fault, OrderRow, fault_of, surely_right
from journal.refusal import Refusal

MOST_ORDERS = 10_000
MOST_BYTES = 10 * 1024 * 1024
ROWS = msgspec.json.Decoder(list[OrderRow])
PLACE = re.compile(r"`\$\.(\w+)")


class MalformedOrders(Refusal):
    """The body is not a JSON array, or is nested too deeply."""

    status = 400


class TooManyOrders(Refusal):
    """The call is larger than 10,000 orders or 10 MB; it has to be sent in parts."""

    status = 413


def refuse_more_than_allowed(rows: int) -> None:
    if rows > MOST_ORDERS:
        raise TooManyOrders(f"{rows} orders in one call; send at most {MOST_ORDERS}.", limit=MOST_ORDERS)


def refuse_too_large(body: bytes) -> None:
    if len(body) > MOST_BYTES:
        raise TooManyOrders("The body is larger than 10 MB; send it in parts.", limit=MOST_BYTES)


def unpacked(body: bytes) -> bytes:
    """A gzipped body as it was, never more than one byte above what a call may have: a bomb is not unpacked.

    Raises TooManyOrders and MalformedOrders.
    """
    refuse_too_large(body)
    packed = zlib.decompressobj(wbits=31)
    try:
        plain = packed.decompress(body, MOST_BYTES + 1)
        refuse_too_large(plain)
        if not packed.eof:
            raise MalformedOrders("The gzipped body breaks off; send it again.")
        if packed.unused_data:
            raise MalformedOrders("There is something behind the gzipped body.")
    except zlib.error as error:
        raise MalformedOrders(f"The body says gzip and is not: {error}") from error
    return plain


def as_array(body: bytes) -> bytes:
    """NDJSON as a JSON array; blank lines do not count. A line that breaks the array is found when it is read."""
    return b"[" + b",".join(lines_of(body)) + b"]"


def lines_of(body: bytes) -> list[bytes]:
    return [line for line in body.split(b"\n") if line.strip()]


def read(body: bytes, *, careful: bool = False, lines: bool = False) -> Batch:
    """Decode a call and check each row by itself. With `lines` the body is NDJSON.

    One bad row costs the fast way, not the call: the rows are then decoded one by one (`careful`). Raises
    MalformedOrders and TooManyOrders when the call cannot be read as rows at all.
    """
    refuse_too_large(body)
    if lines:
        # Counted first, so that an absurd number of lines is never decoded.
        refuse_more_than_allowed(len(lines_of(body)))
    batch = None if careful else read_at_once(as_array(body) if lines else body)
    if batch is None:
        batch = read_lines(body) if lines else read_one_by_one(body)
    return checked(batch)


def checked(batch: Batch) -> Batch:
    """`batch` without the rows that are wrong by themselves, which become faults."""
    thorough, wrong = not batch.as_sent, {}
    for index, row in batch.rows.items():
        if not thorough and surely_right(row):
            continue
        if fault := fault_of(row, thorough=thorough):
            wrong[index] = fault
    for index, (name, detail) in wrong.items():
        batch.reject(index, "invalid", detail, name)
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
    # A line without its quantity has one unit, which only we know: such rows are spelt out.
    as_sent = body.count(b'"quantity"') >= sum(map(quantities, rows))
    return Batch(rows=dict(enumerate(rows)), received=len(rows), as_sent=as_sent)


def quantities(row: OrderRow) -> int:
    """How many quantities a row has when none is left out of its lines."""
    own = len(row.lines or ()) + (row.quantity is not None)
    return own + sum(len(parcel.lines or ()) + (parcel.quantity is not None) for parcel in row.parcels or ())


def read_one_by_one(body: bytes) -> Batch:
    try:
        data = strict(body)
    except RecursionError as error:
        raise MalformedOrders("The JSON is nested too deeply.") from error
    except ValueError as error:
        raise MalformedOrders(f"Not valid JSON: {error}") from error
    if not isinstance(data, list):
        raise MalformedOrders("Send a JSON array of orders.")
    refuse_more_than_allowed(len(data))
    return converted(data)


def read_lines(body: bytes) -> Batch:
    """Each line by itself: a line that is not JSON is a fault of that line."""
    values: list[Any] = []
    for line in lines_of(body):
        try:
            values.append(strict(line))
        except (ValueError, RecursionError) as error:
            values.append(error)
    return converted(values)


def converted(values: list[Any]) -> Batch:
    batch = Batch(rows={}, received=len(values))
    for index, item in enumerate(values):
        try:
            if isinstance(item, Exception):
                raise ValueError(f"not valid JSON: {item}")
            batch.rows[index] = msgspec.convert(item, OrderRow)
        except (msgspec.ValidationError, ValueError, ArithmeticError, RecursionError) as error:
            batch.faults.append(unreadable(index, item, error))
    return batch


def unreadable(index: int, item: Any, error: Exception) -> Fault:
    """The fault of a value that is no row: msgspec's message ends with "at `$.weight`"."""
    text = UNSTORABLE.sub("�", str(error))[:300]
    place = PLACE.search(text)
    return Fault(index, name_of(item), "invalid", text, place.group(1) if place else "")


def strict(body: bytes) -> Any:
    return json.loads(body.decode("utf-8"), parse_float=Decimal, parse_constant=refuse_constant)


def refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def name_of(item: Any) -> str:
    """The external id of a row that could not be read, as far as it has one."""
    value = item.get("external_id") if isinstance(item, dict) else None
    return UNSTORABLE.sub("�", value)[:64] if isinstance(value, str) else ""

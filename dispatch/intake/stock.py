"""Reading how much stock the warehouses have. No database here."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from dispatch.intake.reading import MalformedOrders, lines_of, refuse_more_than_allowed, refuse_too_large, strict
from dispatch.intake.rows import UNSTORABLE, Code, Fault

Units = Annotated[int, Meta(ge=0, le=2**62)]


class StockRow(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """`quantity` units of a product that a warehouse can give to orders not yet allocated to it. `cursor` is that of
    the last assignments that the order system had carried out by then; without it, whatever it could have pulled."""

    warehouse: Code
    product: Annotated[str, Meta(min_length=1, max_length=64)]
    quantity: Units
    version: Annotated[int, Meta(ge=0, le=2**63 - 1)]
    cursor: Annotated[str, Meta(pattern=r"^([0-9]{1,18}\.[0-9]{1,18})?$")] = ""


def read_stock(body: bytes, *, lines: bool = False) -> tuple[dict[int, StockRow], list[Fault], int]:
    """The rows by index, the faults of the others, and how many there were. Raises MalformedOrders, TooManyOrders."""
    refuse_too_large(body)
    values: list[Any]
    try:
        values = [strict(line) for line in lines_of(body)] if lines else strict(body)
    except RecursionError as error:
        raise MalformedOrders("The JSON is nested too deeply.") from error
    except ValueError as error:
        raise MalformedOrders(f"Not valid JSON: {error}") from error
    if not isinstance(values, list):
        raise MalformedOrders("Send a JSON array of stock rows.")
    refuse_more_than_allowed(len(values))
    rows, faults = {}, []
    for index, value in enumerate(values):
        try:
            row = msgspec.convert(value, StockRow)
            if UNSTORABLE.search(row.product) or UNSTORABLE.search(row.warehouse):
                raise ValueError("text holds a NUL or a lone surrogate")
            rows[index] = row
        except (ValueError, ArithmeticError, RecursionError) as error:
            faults.append(fault(index, value, error))
    return rows, faults, len(values)


def fault(index: int, value: Any, error: Exception) -> Fault:
    product = value.get("product") if isinstance(value, dict) else None
    name = UNSTORABLE.sub("�", product)[:64] if isinstance(product, str) else ""
    return Fault(index, name, "invalid", UNSTORABLE.sub("�", str(error))[:300])

"""Whole columns out of and into PostgreSQL: binary COPY straight from and to numpy arrays."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Model
from numpy.typing import NDArray

HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"
NULL = -1
# PostgreSQL's type by the code a column is asked for with; all in network byte order.
TYPES = {"int8": ">i8", "int4": ">i4", "int2": ">i2", "float8": ">f8", "bool": "?"}

Array = NDArray[Any]


class UnexpectedNull(ValueError):
    """A query for `fetch_columns` returned NULL; it must coalesce."""


def analyze(*models: type[Model]) -> None:
    """Count anew what these tables hold, so that the next statement is planned for it; joins a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(model._meta.db_table for model in models)}")


def fetch_columns(
    cursor: CursorWrapper, query: str, parameters: Mapping[str, object], columns: Mapping[str, str]
) -> dict[str, Array]:
    """Run `query` and return each result column as an array.

    `columns` names the result columns in order with their types (see TYPES), to which the query must cast them; none
    may be NULL.
    """
    row = [("fields", ">i2")]
    for name, kind in columns.items():
        row += [(f"length of {name}", ">i4"), (name, TYPES[kind])]
    layout = np.dtype(row)
    sink = io.BytesIO()
    statement = cursor.mogrify(query, parameters).decode()
    cursor.copy_expert(f"COPY ({statement}) TO STDOUT (FORMAT binary)", sink, size=1 << 20)
    data = sink.getbuffer()
    body = len(data) - len(HEADER) - len(TRAILER)
    if body % layout.itemsize:
        raise UnexpectedNull(query)
    rows = np.frombuffer(data, layout, offset=len(HEADER), count=body // layout.itemsize)
    found = {}
    for name, kind in columns.items():
        if len(rows) and (rows[f"length of {name}"] != np.dtype(TYPES[kind]).itemsize).any():
            raise UnexpectedNull(name)
        found[name] = rows[name].astype(np.dtype(TYPES[kind]).newbyteorder("="))
    return found


@dataclass(frozen=True)
class Column:
    """A column to be written: `kind` of TYPES with `values`, or "text" with codes into `labels`. Rows where `null`
    is True become NULL."""

    name: str
    kind: str
    values: Array
    null: Array | None = None
    labels: Sequence[str] = ()


def copy_columns(cursor: CursorWrapper, table: str, columns: Sequence[Column]) -> int:
    """Append rows to `table` by one binary COPY; return how many. Rows need not keep their order.

    A binary row's layout depends on which of its fields are NULL and on its texts, so rows of one layout are written
    together.
    """
    count = len(columns[0].values)
    if count == 0:
        return 0
    names = ", ".join(f'"{column.name}"' for column in columns)
    layouts, of = np.unique(layout_of(columns, count), return_inverse=True)
    parts = [HEADER]
    for layout in range(len(layouts)):
        rows = np.flatnonzero(of == layout) if len(layouts) > 1 else np.arange(count)
        parts.append(block(columns, rows))
    parts.append(TRAILER)
    cursor.copy_expert(f"COPY {table} ({names}) FROM STDIN (FORMAT binary)", io.BytesIO(b"".join(parts)), size=1 << 20)
    return count


def layout_of(columns: Sequence[Column], count: int) -> Array:
    layout = np.zeros(count, np.int64)
    for column in columns:
        if column.kind == "text":
            layout = layout * (len(column.labels) + 1) + np.where(is_null(column), 0, column.values + 1)
        elif column.null is not None:
            layout = layout * 2 + column.null
    return layout


def is_null(column: Column) -> Array:
    return np.zeros(len(column.values), np.bool_) if column.null is None else column.null


def block(columns: Sequence[Column], rows: Array) -> bytes:
    """Rows that share one layout."""
    first = rows[0]
    fields: list[tuple[str, Any]] = [("fields", ">i2")]
    fixed: dict[str, bytes] = {}
    for column in columns:
        fields.append((f"length of {column.name}", ">i4"))
        if is_null(column)[first]:
            continue
        if column.kind == "text":
            fixed[column.name] = column.labels[column.values[first]].encode()
            fields.append((column.name, np.dtype(("V", len(fixed[column.name])))))
        else:
            fields.append((column.name, TYPES[column.kind]))
    data = np.zeros(len(rows), np.dtype(fields))
    data["fields"] = len(columns)
    for column in columns:
        if is_null(column)[first]:
            data[f"length of {column.name}"] = NULL
            continue
        data[f"length of {column.name}"] = data.dtype[column.name].itemsize
        data[column.name] = np.void(fixed[column.name]) if column.name in fixed else column.values[rows]
    return data.tobytes()


def prepare_for_bulk(cursor: CursorWrapper) -> None:
    """Settings of this transaction for statements over very many rows."""
    cursor.execute("SET LOCAL jit = off")
    cursor.execute("SET LOCAL work_mem = '64MB'")


@contextlib.contextmanager
def snapshot() -> Iterator[CursorWrapper]:
    """Inside, everything is read as it was at one moment, without any lock. A caller's own transaction is joined as it
    is."""
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        prepare_for_bulk(cursor)
        yield cursor


@contextlib.contextmanager
def hashing(cursor: CursorWrapper) -> Iterator[None]:
    """Inside, joins are hashed, whatever the planner believes: it cannot guess the size of what was just written."""
    cursor.execute("SET LOCAL enable_nestloop = off")
    yield
    cursor.execute("RESET enable_nestloop")

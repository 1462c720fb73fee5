"""Rows of numbers by PostgreSQL's binary COPY, as arrays.

The format: a header, then per row the number of its columns (16 bits) and per column its
length (32 bits) and bytes, all with the highest byte first; at the end -1 for the number
of columns. Without NULLs every row of numbers has the same length, so that millions of
them are one array. Source: PostgreSQL's documentation of COPY.
"""

from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection
from psycopg import sql

Rows = npt.NDArray[Any]

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"
_CHUNK_ROWS = 50_000


def row_type(columns: dict[str, str]) -> np.dtype[Any]:
    """Return the type of a row; a column's type is one of numpy's, such as "i8"."""
    fields: list[tuple[str, str]] = [("columns", ">i2")]
    for name, kind in columns.items():
        fields += [(f"{name} length", ">i4"), (name, f">{kind}")]
    return np.dtype(fields)


def new_rows(columns: dict[str, str], count: int) -> Rows:
    """Make rows whose columns are to be filled in by name."""
    kind = row_type(columns)
    rows = np.zeros(count, kind)
    rows["columns"] = len(columns)
    for name in columns:
        rows[f"{name} length"] = kind[name].itemsize
    return rows


def joined(batches: Collection[Rows], columns: dict[str, str]) -> Rows:
    """Return all rows in one array of the same form, which numpy's own joining loses."""
    every = np.empty(sum(map(len, batches)), row_type(columns))
    begin = 0
    for rows in batches:
        every[begin : begin + len(rows)] = rows
        begin += len(rows)
    return every


def copy_out(query: sql.Composable, columns: dict[str, str]) -> Iterator[Rows]:
    """Yield the rows of a query, which has no NULLs, some ten thousand at a time."""
    kind = row_type(columns)
    statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT BINARY)").format(query)
    held = bytearray()
    skipped = False
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for piece in copy:
            held += piece
            if not skipped and len(held) >= len(_HEADER):
                del held[: len(_HEADER)]
                skipped = True
            if len(held) > _CHUNK_ROWS * kind.itemsize:
                yield _taken(held, kind)
    del held[-len(_END) :]
    if held:
        yield _taken(held, kind)


def _taken(held: bytearray, kind: np.dtype[Any]) -> Rows:
    size = len(held) // kind.itemsize * kind.itemsize
    rows = np.frombuffer(bytes(held[:size]), kind)
    del held[:size]
    return rows


def copy_in(statement: sql.Composable, batches: Iterator[Rows]) -> None:
    """Feed rows made by `new_rows` to a COPY … FROM STDIN (FORMAT BINARY)."""
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(_HEADER)
        for rows in batches:
            copy.write(rows.tobytes())
        copy.write(_END)

"""Running composed SQL on the project's connection.

Names and words that people chose are composed as quoted identifiers and literals and
the text is sent without parameters, so a percent sign in a column's name is harmless.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from django.db import DatabaseError, connection
from psycopg import Copy, RawCursor, sql

from marketing_os.lib.connections import let_go_if_closed
from marketing_os.lib.locks import Lock

Row = TypeVar("Row", bound=tuple[Any, ...])


def as_text(query: sql.Composable) -> str:
    """Return a query as it is sent."""
    connection.ensure_connection()
    return query.as_string(connection.connection)


def execute(query: sql.Composable) -> int:
    """Run a statement and return how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(as_text(query))
        return int(cursor.rowcount)


def fetch(query: sql.Composable) -> list[tuple[Any, ...]]:
    """Run a query and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(as_text(query))
        return list(cursor.fetchall())


def fetch_prepared(query: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a statement with parameters $1, $2 … whose plan the server keeps.

    One round trip to the server, and none to ask whether it is there: that is what
    this is for.
    """
    if not connection.health_check_done:  # type: ignore[attr-defined]
        let_go_if_closed()
    connection.ensure_connection()
    with (
        connection.wrap_database_errors,
        RawCursor(connection.connection) as cursor,
    ):
        cursor.execute(query.encode(), parameters, prepare=True)
        return list(cursor.fetchall())


def fetch_value(query: sql.Composable) -> Any:
    """Return the first column of the first row."""
    rows = fetch(query)
    return rows[0][0] if rows else None


def stream(
    query: sql.Composable, size: int = 10_000
) -> Iterator[list[tuple[Any, ...]]]:
    """Yield the rows of a query in lists; must be called inside a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"DECLARE import_stream NO SCROLL CURSOR FOR {as_text(query)}")
        while True:
            cursor.execute(f"FETCH {int(size)} FROM import_stream")
            rows = cursor.fetchall()
            if not rows:
                break
            yield list(rows)
        cursor.execute("CLOSE import_stream")


@contextmanager
def copy_in(query: sql.Composable) -> Iterator[Copy]:
    """Open a COPY … FROM STDIN on the project's connection."""
    with connection.cursor() as cursor, cursor.copy(as_text(query)) as copy:
        yield copy


@contextmanager
def sole_worker(number: int) -> Iterator[bool]:
    """Tell whether nobody else is in this block with the same number.

    The lock belongs to the connection, so it is free as soon as its process is dead.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_lock(%s, %s)", (Lock.IMPORTS.value, number)
        )
        is_mine = bool(cursor.fetchone()[0])
    try:
        yield is_mine
    finally:
        if is_mine:
            with suppress(DatabaseError), connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_advisory_unlock(%s, %s)", (Lock.IMPORTS.value, number)
                )


def stop_worker(number: int) -> None:
    """End the statement of whoever is in `sole_worker` with this number, if anybody."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_cancel_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
            " AND classid = %s AND objid = %s AND pid <> pg_backend_pid() AND granted"
            " AND database = (SELECT oid FROM pg_database"
            " WHERE datname = current_database())",
            (Lock.IMPORTS.value, number),
        )


@contextmanager
def each_at_most(seconds: int) -> Iterator[None]:
    """Let the server end each statement of the block that takes longer."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = '{int(seconds)}s'")
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")


def end_statements_at(deadline: float) -> None:
    """Let the server end what goes on at a time of the monotonic clock.

    That is for the present transaction, and counted for each statement from now.
    """
    left = max(1, round((deadline - time.monotonic()) * 1000))
    execute(sql.SQL("SET LOCAL statement_timeout = {}").format(sql.Literal(left)))


def is_ended(error: Exception) -> bool:
    """Tell that somebody, or a limit, ended the statement."""
    return _state(error) == "57014"


def is_collision(error: Exception) -> bool:
    """Tell a unique violation, deadlock or serialization failure: try again then."""
    return _state(error) in ("23505", "40P01", "40001")


def _state(error: Exception) -> str:
    """The server's code for an error, whether Django wrapped it or, as in COPY, not."""
    return getattr(error, "sqlstate", "") or getattr(error.__cause__, "sqlstate", "")


def numbers(values: Iterable[int | None]) -> sql.Composable:
    """Return whole numbers as one array, which takes a tenth of a list of literals."""
    # Python writes a list of numbers ten times as quickly as it joins them.
    listed = str(list(values))[1:-1].replace("None", "NULL")
    return sql.SQL("{}::bigint[]").format(sql.Literal(f"{{{listed}}}"))


def comma(parts: Iterable[sql.Composable]) -> sql.Composed:
    """Join parts by commas."""
    return sql.SQL(", ").join(parts)


def any_of(parts: Iterable[sql.Composable]) -> sql.Composable:
    """Join conditions by OR; false when there are none."""
    listed = list(parts)
    return sql.SQL("({})").format(sql.SQL(" OR ").join(listed)) if listed else FALSE


FALSE = sql.SQL("false")
EMPTY_OBJECT = sql.SQL("'{}'::jsonb")

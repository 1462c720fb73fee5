"""SQL segments: run what an author wrote so that it can only find customers."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from django.conf import settings
from django.utils.translation import gettext as _
from psycopg import sql

from segments.errors import SegmentError
from segments.services.access import open_segment_connection
from segments.services.found import FoundIds
from segments.services.sql_errors import Statement, explained, took_too_long

_MAX_BYTES = 20_000
_FETCH_ROWS = 50_000
_CANCEL_SECONDS = 2.0
_WHOLE_NUMBERS = {20, 21, 23, 1700}  # int8, int2, int4, numeric

_Connection = psycopg.Connection[tuple[Any, ...]]


def run_sql(text: str, *, timeout: float | None = None) -> FoundIds:
    """Return the IDs that the author's SELECT finds, in its order.

    It runs on a connection of its own, as a role that can read only the views, in a
    transaction that is rolled back; then the connection is closed, so that nothing
    set or locked in it lasts. `timeout` is in seconds.
    """
    seconds = timeout or settings.SEGMENT_TIMEOUT_SECONDS
    cleaned = _cleaned(text)
    with _session(seconds) as opened:
        _check_shape(opened, cleaned, seconds)
        return _fetch(opened, cleaned, seconds)


def check_sql(text: str) -> None:
    """Raise SegmentError if the text is not a SELECT that returns customer IDs.

    The query is planned, not run.
    """
    seconds = settings.SEGMENT_TIMEOUT_SECONDS
    cleaned = _cleaned(text)
    with _session(seconds) as opened:
        _check_shape(opened, cleaned, seconds)


def _cleaned(text: str) -> str:
    cleaned = text.rstrip().removesuffix(";").rstrip()
    if not cleaned:
        raise SegmentError(_("Write a SELECT that returns the IDs of customers."))
    if "\0" in cleaned:
        raise SegmentError(_("The SQL contains a NUL character."))
    try:
        size = len(cleaned.encode())
    except UnicodeEncodeError:
        raise SegmentError(_("The SQL contains a broken character.")) from None
    if size > _MAX_BYTES:
        raise SegmentError(_("The SQL is longer than 20,000 bytes."))
    return cleaned


def _check_shape(opened: _Connection, text: str, seconds: float) -> None:
    with _planned(opened, "", text, "", seconds) as cursor:
        columns = cursor.description or []
    if len(columns) != 1:
        raise SegmentError(
            _(
                "The query returns %(count)s columns; it must return one, the ID of "
                "the customer."
            )
            % {"count": len(columns)}
        )
    if columns[0].type_code not in _WHOLE_NUMBERS:
        raise SegmentError(
            _(
                "The column “%(name)s” is of type %(type)s; the query must return the "
                "ID of the customer, which is a whole number."
            )
            % {"name": columns[0].name, "type": columns[0].type_display}
        )


def _fetch(opened: _Connection, text: str, seconds: float) -> FoundIds:
    before = "SELECT q.id::bigint FROM (\n"
    after = f"\n) AS q(id) LIMIT {settings.SEGMENT_ROW_LIMIT + 1:d}"
    found = FoundIds()
    with _planned(opened, before, text, after, seconds) as cursor:
        try:
            while rows := cursor.fetchmany(_FETCH_ROWS):
                found.add(row[0] for row in rows)
        except psycopg.Error as error:
            statement = Statement(text, 0, seconds, is_planning=False)
            raise explained(error, statement) from error
    return found


@contextmanager
def _planned(
    opened: _Connection, before: str, text: str, after: str, seconds: float
) -> Iterator[psycopg.ServerCursor[tuple[Any, ...]]]:
    """Declare a cursor for the query, which plans it and reads nothing.

    DECLARE takes nothing but a SELECT, and psycopg sends it over the extended
    protocol, which takes nothing but one statement.
    """
    with opened.cursor(name="found") as cursor:
        try:
            cursor.execute(f"{before}{text}{after}".encode(), binary=True)
        except psycopg.Error as error:
            prefix = len(f'DECLARE "found" CURSOR FOR {before}')
            statement = Statement(text, prefix, seconds, is_planning=True)
            raise explained(error, statement) from error
        yield cursor


@contextmanager
def _session(seconds: float) -> Iterator[_Connection]:
    opened = open_segment_connection()
    try:
        values = {
            "statement_timeout": f"{int(seconds * 1000)}ms",
            "lock_timeout": "2s",
            "idle_in_transaction_session_timeout": f"{int(seconds * 4000)}ms",
            "search_path": "seg",
            "timezone": settings.TIME_ZONE,
            "jit": "off",
            # All rows are wanted; a cursor is planned for the first tenth of them.
            "cursor_tuple_fraction": "1.0",
        }
        for name, value in values.items():
            opened.execute(sql.SQL("SET {} = {}").format(sql.Identifier(name), value))
        opened.read_only = True
        opened.autocommit = False
        with _watched(opened, seconds):
            yield opened
    finally:
        opened.close()


@contextmanager
def _watched(opened: _Connection, seconds: float) -> Iterator[None]:
    """Break the session off after twice its time, whatever the server does.

    A statement's own timeout starts anew with every fetch, and a query may switch it
    off where set_config could not be revoked.
    """
    is_over = threading.Event()
    is_late = threading.Event()

    def watch() -> None:
        if is_over.wait(2 * seconds):
            return
        is_late.set()
        with suppress(psycopg.Error, OSError):
            opened.cancel_safe(timeout=_CANCEL_SECONDS)
        if is_over.wait(_CANCEL_SECONDS):
            return
        with suppress(psycopg.Error, OSError):
            _cut(opened)

    watchdog = threading.Thread(target=watch, name="segment watchdog", daemon=True)
    watchdog.start()
    try:
        yield
    except SegmentError as error:
        if is_late.is_set():
            raise took_too_long(seconds) from error
        raise
    finally:
        is_over.set()
        watchdog.join()


def _cut(opened: _Connection) -> None:
    with socket.socket(fileno=os.dup(opened.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)

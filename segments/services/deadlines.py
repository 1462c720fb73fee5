"""A time limit for code that others wrote and that runs in this process."""

import ctypes
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from django.db import connection

# Between two attempts: code may catch what was to end it, or ask the database again.
_AGAIN_SECONDS = 0.2
_CANCEL_SECONDS = 2.0


class TookTooLongError(Exception):
    """The code inside was ended; the traceback leads to where it was then."""


class _Rang(BaseException):
    """Time is up. No Exception, so that `except Exception` does not hold it."""


@contextmanager
def ended_after(seconds: float) -> Iterator[None]:
    """Break off what runs inside after so long; raises TookTooLongError then.

    A statement that the database works on is cancelled, a next one is not begun, and
    Python is interrupted between two of its instructions, in whatever thread it runs.
    One call out of Python that never returns cannot be interrupted; in a worker the
    task's own limit ends it.
    """
    alarm = _Alarm(seconds)
    alarm.start()
    try:
        try:
            with connection.execute_wrapper(alarm.let_pass):
                yield
        finally:
            alarm.switch_off()
    except BaseException as error:
        alarm.switch_off()
        if alarm.has_rung and isinstance(error, (_Rang, Exception)):
            raise TookTooLongError().with_traceback(error.__traceback__) from None
        raise


class _Alarm:
    """Rings in the thread that made it until it is switched off."""

    def __init__(self, seconds: float) -> None:
        self.has_rung = False
        self._seconds = seconds
        self._is_off = threading.Event()
        self._ident = threading.get_ident()
        self._target = ctypes.c_ulong(self._ident)
        self._database: psycopg.Connection | None = connection.connection
        self._thread = threading.Thread(
            target=self._wait, name="segment alarm", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def let_pass(self, execute: Callable[..., Any], *statement: Any) -> Any:
        """Begin no statement once time is up."""
        if self.has_rung:
            raise _Rang
        return execute(*statement)

    def switch_off(self) -> None:
        """Ring no more, also where it rings just now."""
        while True:
            try:
                self._is_off.set()
                self._thread.join()
                ctypes.pythonapi.PyThreadState_SetAsyncExc(self._target, None)
            except _Rang:
                continue
            return

    def _wait(self) -> None:
        pause = self._seconds
        while not self._is_off.wait(pause):
            self.has_rung = True
            self._ring()
            pause = _AGAIN_SECONDS

    def _ring(self) -> None:
        # A driver that is interrupted in the middle of an answer loses its place in it.
        if self._is_at_the_database():
            if self._database is not None:
                with suppress(psycopg.Error, OSError):
                    self._database.cancel_safe(timeout=_CANCEL_SECONDS)
            return
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            self._target, ctypes.py_object(_Rang)
        )

    def _is_at_the_database(self) -> bool:
        frame = sys._current_frames().get(self._ident)
        while frame is not None:
            if frame.f_globals.get("__name__", "").startswith("psycopg"):
                return True
            frame = frame.f_back
        return False

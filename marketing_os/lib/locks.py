"""Locks that processes agree on in the database, each under a number of its own."""

from enum import IntEnum, unique

from django.db import connection


@unique
class Lock(IntEnum):
    """What is locked; every number that the project locks stands here."""

    IMPORTS = 7301  # together with the ID of a job
    SCORES = 7302
    SCORES_OF_THE_ERASED = 7303
    TASKS_BY_LOAD = 7304
    ATTRIBUTES = 7305


def hold(lock: Lock, *, shared: bool = False) -> None:
    """Wait for a lock and hold it until this transaction ends.

    Any number may share it, while nobody holds it alone.
    """
    function = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [lock.value])

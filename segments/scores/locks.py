"""Who refreshes the scores, and who may not meanwhile disappear.

Both are locks of the database that end with the connection that holds them, so that
nothing stays locked by the dead.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, OperationalError, connection
from django.utils.translation import gettext as _

from marketing_os.lib.errors import DomainError
from marketing_os.lib.locks import Lock, hold

# For how long the one before may take to let go.
_PATIENCE = "3s"


@contextmanager
def sole_refresh() -> Iterator[None]:
    """Be the only refresh in this block; raises DomainError when there is another."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{_PATIENCE}'")
            cursor.execute("SELECT pg_advisory_lock(%s)", [Lock.SCORES.value])
            cursor.execute("RESET lock_timeout")
    except OperationalError as error:
        raise DomainError(_("Another refresh is under way.")) from error
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [Lock.SCORES.value])


def a_refresh_lives() -> bool:
    """Tell whether some process is in the block above."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d"
            " ON d.oid = l.database WHERE d.datname = current_database()"
            " AND l.locktype = 'advisory' AND l.granted"
            " AND l.classid = 0 AND l.objid = %s AND l.objsubid = 1)",
            [Lock.SCORES.value],
        )
        return bool(cursor.fetchone()[0])


def wait_for_erasures() -> None:
    """Let erasures that began finish, and new ones wait until this transaction ends."""
    hold(Lock.SCORES_OF_THE_ERASED)


def wait_for_new_scores() -> None:
    """Let scores that are being published be seen, before some of them are erased."""
    hold(Lock.SCORES_OF_THE_ERASED, shared=True)

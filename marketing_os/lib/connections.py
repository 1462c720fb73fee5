"""The connection to the database, where each round trip counts."""

from select import POLLIN, poll

from django.db import connection


def let_go_if_closed() -> None:
    """Let go of a connection that the server closed, without asking the server.

    An idle connection has nothing to say: when there is something to read, it is the
    end. It stands in for the question that Django asks once per request.
    """
    held = connection.connection
    if held is None or connection.in_atomic_block:
        return
    ears = poll()
    if not held.closed:
        ears.register(held.fileno(), POLLIN)
    if held.closed or ears.poll(0):
        connection.close()
    else:
        connection.health_check_done = True  # type: ignore[attr-defined]

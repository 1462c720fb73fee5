"""Wake-up hints through the broker, which may be lost without harm."""

from typing import Any

from celery import Task
from django.db import transaction


def wake(task: Task[Any, Any], *args: int) -> None:
    """Send a task to a worker once the present transaction is committed.

    An unreachable broker is logged and costs time only: beat sends the same tasks
    every few seconds, and what is to be done stands in the database.
    """

    # A function, not a partial: Django logs a failure by the name of what failed.
    def send() -> None:
        task.delay(*args)

    transaction.on_commit(send, robust=True)

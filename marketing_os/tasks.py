import logging
from typing import Any

from celery import shared_task
from celery.signals import worker_ready
from django.db import DatabaseError

from marketing_os.lib.api import once
from marketing_os.lib.heartbeats import WORKER, record_heartbeat

logger = logging.getLogger(__name__)


@shared_task(ignore_result=True, time_limit=20)
def show_that_the_worker_lives() -> None:
    """Leave a sign of life: the clock ticks, the broker carries, a worker works."""
    record_heartbeat(WORKER)


@shared_task(ignore_result=True, time_limit=60)
def forget_old_answers() -> None:
    """Delete the answers to requests that can no longer be repeated."""
    once.forget_old_answers()


@worker_ready.connect
def show_that_the_worker_began(**_: Any) -> None:
    """Do not let a worker that has just begun count as missing until the next tick."""
    try:
        record_heartbeat(WORKER)
    except DatabaseError:
        logger.warning("The worker cannot reach the database yet.", exc_info=True)

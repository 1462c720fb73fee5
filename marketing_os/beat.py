"""The clock of the product: celery-beat's, with a sign of life of its own."""

import logging
import time
from typing import Any

from django.db import DatabaseError, close_old_connections
from django_celery_beat.schedulers import DatabaseScheduler

from marketing_os.lib.heartbeats import BEAT, record_heartbeat

_EVERY = 10  # seconds; a tick comes at least every five
logger = logging.getLogger(__name__)


class Scheduler(DatabaseScheduler):  # type: ignore[misc]
    """Without it nobody could tell a clock that stopped from a worker that did."""

    _shown_at = float("-inf")

    def tick(self, *args: Any, **kwargs: Any) -> float:
        if time.monotonic() - self._shown_at >= _EVERY:
            self._shown_at = time.monotonic()
            self._show_life()
        return float(super().tick(*args, **kwargs))

    def _show_life(self) -> None:
        try:
            close_old_connections()
            record_heartbeat(BEAT)
        except DatabaseError:
            logger.warning("The clock cannot reach the database.", exc_info=True)

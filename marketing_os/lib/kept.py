"""Figures that are counted anew only as often as they are cheap."""

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache import cache
from django.db import DatabaseError, connection, transaction

Figure = TypeVar("Figure")
logger = logging.getLogger(__name__)

# No page waits longer than this for one figure, unless it is all that it shows.
_LIMIT_MS = 1500
# What took a tenth of a second stays for five; what took a second, for a minute.
_KEEP_FACTOR = 50
_KEEP_AT_MOST = 300
_AS_SECOND_BEST = 24 * 3600


def kept(
    name: str, count: Callable[[], Figure], *, limit_ms: int = _LIMIT_MS
) -> Figure | None:
    """Return what `count` returns, or what it returned lately.

    None where it takes longer than `limit_ms` and was never known: the page then says
    so.
    """
    known = cache.get(name)
    if known and time.time() < known["fresh_until"]:
        return known["figure"]  # type: ignore[no-any-return]
    began = time.perf_counter()
    try:
        figure: Figure | None = _in_time(count, limit_ms)
    except DatabaseError:
        logger.warning("The figure %s could not be counted.", name, exc_info=True)
        figure = known["figure"] if known else None
    took = time.perf_counter() - began
    _keep(name, figure, min(took * _KEEP_FACTOR, _KEEP_AT_MOST))
    return figure


def _in_time(count: Callable[[], Figure], limit_ms: int) -> Figure:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {int(limit_ms)}")
        figure = count()
        with connection.cursor() as cursor:
            # Inside another transaction the limit would outlive this block.
            cursor.execute("SET LOCAL statement_timeout = DEFAULT")
    return figure


def _keep(name: str, figure: Any, seconds: float) -> None:
    cache.set(
        name,
        {"figure": figure, "fresh_until": time.time() + seconds},
        timeout=_AS_SECOND_BEST,
    )

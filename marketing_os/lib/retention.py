"""Deleting what was kept long enough."""

import time
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

_BATCH = 5_000


def delete_old(
    rows: QuerySet[Any, Any], field: str, days: int, *, seconds: float
) -> int:
    """Delete rows whose `field` is more than `days` ago, the oldest first; return how many.

    It goes on for so many seconds, in small transactions; the next call goes on from
    there. 0 days: all are kept for good.
    """
    if not days:
        return 0
    deadline = time.monotonic() + seconds
    old = rows.filter(**{f"{field}__lt": timezone.now() - timedelta(days=days)})
    deleted = 0
    while time.monotonic() < deadline:
        batch = list(old.order_by(field).values_list("pk", flat=True)[:_BATCH])
        deleted += rows.model._default_manager.filter(pk__in=batch).delete()[0]
        if len(batch) < _BATCH:
            break
    return deleted

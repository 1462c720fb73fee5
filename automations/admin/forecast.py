"""Whom a run would reach, and why others would be left out, in words."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from automations.models import Forecast
from automations.selectors import Difference, local_words
from messaging import explanations
from messaging.models import Delivery


def told(
    counts: Mapping[tuple[str, str], int], difference: Difference | None = None
) -> dict[str, Any]:
    """Return what admin/automations/forecast.html shows; most frequent reasons first."""
    reasons = _reasons(counts, Delivery.State.SKIPPED)
    total = sum(counts.values())
    left_out = sum(count for _reason, count in reasons)
    return {
        "total": total,
        "reached": total - left_out,
        "left_out": left_out,
        "reasons": reasons,
        "later": _reasons(counts, Delivery.State.PENDING),
        "difference": difference,
        "last_words": difference
        and local_words(difference.last.automation, difference.last.scheduled_for),
    }


def _reasons(
    counts: Mapping[tuple[str, str], int], state: Delivery.State
) -> list[tuple[Any, int]]:
    found = [
        (explanations.REASONS.get(reason, reason), count)
        for (its_state, reason), count in counts.items()
        if its_state == state and reason
    ]
    return sorted(found, key=lambda pair: -pair[1])


def told_forecast(forecast: Forecast) -> dict[str, Any]:
    """Return the same for a forecast; `waiting_seconds` while it is being counted."""
    if forecast.counted_at is None:
        waiting = timezone.now() - forecast.requested_at
        return {"is_waiting": True, "waiting_seconds": int(waiting.total_seconds())}
    if forecast.error:
        return {"problem": forecast.error}
    difference = None
    if forecast.last_run and forecast.last_run.dispatch:
        difference = Difference(
            forecast.last_run, forecast.entered_count, forecast.left_count
        )
    return told(forecast.counter, difference) | {"surge": forecast.surge}

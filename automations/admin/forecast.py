"""Whom a run would reach, and why others would be left out, in words."""

from collections.abc import Mapping
from typing import Any

from messaging import explanations
from messaging.models import Delivery


def told(counts: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    """Return `total`, `reached`, `left_out` and `reasons`, most frequent first."""
    reasons = [
        (explanations.REASONS.get(reason, reason), count)
        for (state, reason), count in counts.items()
        if state == Delivery.State.SKIPPED
    ]
    reasons.sort(key=lambda pair: -pair[1])
    total = sum(counts.values())
    left_out = sum(count for _reason, count in reasons)
    return {
        "total": total,
        "reached": total - left_out,
        "left_out": left_out,
        "reasons": reasons,
    }

"""Where bars and dots stand in the pictures of the page of scores."""

from typing import Any

from segments.scores.reasons import FACT_LABELS, Fact

WIDTH, HEIGHT = 400, 200


def bars(counts: list[int]) -> list[dict[str, Any]]:
    """Place a bar for each part of the scale from 0 to 1."""
    highest = max(counts, default=0) or 1
    width = WIDTH / max(len(counts), 1)
    return [
        {
            "count": count,
            "begin": round(place / len(counts), 2),
            "end": round((place + 1) / len(counts), 2),
            "x": round(place * width, 2),
            "width": round(width * 0.85, 2),
            "y": round(HEIGHT * (1 - count / highest), 2),
            "height": round(HEIGHT * count / highest, 2),
        }
        for place, count in enumerate(counts)
    ]


def calibration_chart(groups: list[dict[str, float]]) -> list[dict[str, Any]]:
    """Place a dot for each group: what was said to the right, what was upwards."""
    return [
        group
        | {
            "x": round(WIDTH * group["said"], 2),
            "y": round(HEIGHT * (1 - group["was"]), 2),
            "said_percent": round(group["said"] * 100),
            "was_percent": round(group["was"] * 100),
        }
        for group in groups
    ]


def weights_of(weights: dict[str, float]) -> list[dict[str, Any]]:
    """Return what the model goes by, the weightiest first, as shares of the whole."""
    every = sum(weights.values())
    found = [
        {"label": FACT_LABELS[Fact(int(fact))], "percent": round(100 * weight / every)}
        for fact, weight in weights.items()
        if every
    ]
    return sorted(found, key=lambda one: -one["percent"])

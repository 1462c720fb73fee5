"""How a benchmark says what it measured: one line per figure, beside its baseline."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """What a ratio has to reach: at most so much, or at least so much."""

    limit: float
    is_floor: bool = False

    def holds(self, ratio: float) -> bool:
        return ratio >= self.limit if self.is_floor else ratio <= self.limit

    def __str__(self) -> str:
        return f"{'>=' if self.is_floor else '<='} {self.limit:g}"


def at_most(limit: float) -> Bar:
    return Bar(limit)


def at_least(limit: float) -> Bar:
    return Bar(limit, is_floor=True)


def figure(
    name: str, ours: float, baseline: float, unit: str, bar: Bar | None = None
) -> bool:
    """Print one figure as NAME, OURS, BASELINE, RATIO, BAR; tell whether it holds.

    Both values have the same unit; the ratio is ours to the baseline's. Without a bar
    the line only informs.
    """
    ratio = ours / baseline
    holds = bar is None or bar.holds(ratio)
    verdict = "" if bar is None else f"  bar {bar}  {'ok' if holds else 'MISSED'}"
    print(
        f"{name:<58} ours {ours:>10,.2f} {unit}"
        f"  baseline {baseline:>10,.2f} {unit}  ratio {ratio:>6.2f}{verdict}",
        flush=True,
    )
    return holds

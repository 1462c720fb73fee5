"""How good a model is, as figures that the page of the model shows."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.metrics import roc_auc_score

from segments.scores.binary import Rows
from segments.scores.model import Numbers, RecencyRule, RegressionScorer, stayed_away

FEWEST_OF_A_KIND = 50
_BARS = 20
_GROUPS = 10
_HELD_BACK = 5  # one in so many
_FEWEST_IN_A_GROUP = 20


def has_both_kinds(rows: Rows) -> bool:
    """Tell whether enough customers stayed, and enough stayed away, to learn from."""
    away = int(stayed_away(rows).sum())
    return min(away, len(rows) - away) >= FEWEST_OF_A_KIND


def ranking(rows: Rows, risk: Numbers) -> float:
    """Return the AUC: how often who stayed away had the higher risk of two."""
    return float(roc_auc_score(stayed_away(rows), risk))


def judge(
    lesson: Rows, lesson_days: float, exam: Rows, exam_days: float
) -> dict[str, Any]:
    """Judge a model that learnt from the lesson by what happened after the exam."""
    foretold = RegressionScorer.learn(lesson, lesson_days).risk(exam, exam_days)
    return {
        "auc": round(ranking(exam, foretold), 4),
        "auc_recency": round(ranking(exam, RecencyRule().risk(exam, _EVER)), 4),
        "calibration": _calibration(exam, exam_days),
        "lesson_customers": len(lesson),
        "exam_customers": len(exam),
        "away_share": round(float(stayed_away(exam).mean()), 4),
    }


# The rule's risk ends at 1, its order does not.
_EVER = 1e6


def _calibration(rows: Rows, days: float) -> list[dict[str, float]]:
    """Compare what was said with what was, for customers held back from learning."""
    held = np.arange(len(rows)) % _HELD_BACK == 0
    if not has_both_kinds(rows[~held]):
        return []
    said = RegressionScorer.learn(rows[~held], days).risk(rows[held], days)
    away = stayed_away(rows[held])
    count = max(2, min(_GROUPS, len(said) // _FEWEST_IN_A_GROUP))
    return [
        {
            "said": round(float(said[group].mean()), 4),
            "was": round(float(away[group].mean()), 4),
            "customers": len(group),
        }
        for group in np.array_split(np.argsort(said, kind="stable"), count)
        if len(group)
    ]


def distribution(risk: Numbers) -> list[int]:
    """Count the customers in each twentieth of the scale from 0 to 1."""
    counts: npt.NDArray[Any] = np.histogram(risk, bins=_BARS, range=(0, 1))[0]
    return [int(count) for count in counts]

"""The logistic regression, and the recency rule that stands in for it.

Both say of rows of features, and of the length of their period, how likely each customer
is to stay away for as many days after it.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from segments.scores.binary import Rows
from segments.scores.reasons import Fact

Numbers = npt.NDArray[np.float64]

_FOLDS = 5
_FEW_CUSTOMERS = 200
_STEEPNESS = 8
# Which fact of reasons.py each column of the design below tells.
_FACTS = (
    Fact.SILENCE,
    Fact.TIMES,
    Fact.SPEND,
    Fact.TENURE,
    Fact.TREND,
    Fact.SILENCE,
    Fact.SILENCE,
    Fact.MESSAGES,
    Fact.MESSAGES,
)


class Scorer(Protocol):
    """What says how likely customers are to stay away, and why."""

    def risk(self, rows: Rows, days: float) -> Numbers: ...

    def speaks_for(self, rows: Rows, days: float) -> Numbers:
        """Return per row and fact how much it adds to the risk; below 0: takes off."""
        ...


def design(rows: Rows, days: float) -> Numbers:
    """Return what the regression is fed with: times as shares of the period's length.

    The same silence says more of somebody who came often, hence the product; and the
    first days of it say more than the last, hence the logarithm.
    """
    silence = rows["silent_days"] / days
    times = np.log1p(rows["times"])
    return np.column_stack(
        [
            silence,
            times,
            np.log1p(np.maximum(rows["spend"], 0)),
            rows["tenure_days"] / days,
            np.log1p(rows["lately"]) - np.log1p(rows["before"]),
            silence * times,
            np.log1p(_STEEPNESS * silence),
            np.log1p(rows["received"]),
            np.log1p(rows["opened"]),
        ]
    ).astype(np.float64)


def stayed_away(rows: Rows) -> npt.NDArray[np.bool_]:
    """Tell per row whether the customer did nothing in the days after the period."""
    return np.asarray(rows["returned"] == 0)


@dataclass(frozen=True)
class RegressionScorer:
    """A regression on standardised features, its sayings turned into frequencies.

    How often customers of like sayings stayed away is found by isotonic regression on
    sayings about customers not learnt from. It has steps, and with few customers high
    ones, so that `plainness` of the risk is the regression's own.
    """

    scaler: StandardScaler
    regression: LogisticRegression
    frequencies: IsotonicRegression
    plainness: float

    @classmethod
    def learn(cls, rows: Rows, days: float) -> "RegressionScorer":
        """Fit to rows whose days after the period are known."""
        known, away = design(rows, days), stayed_away(rows)
        pipeline = make_pipeline(StandardScaler(), LogisticRegression())
        sayings = cross_val_predict(
            pipeline, known, away, cv=_FOLDS, method="decision_function"
        )
        frequencies = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
        frequencies.fit(sayings, away)
        scaler, regression = pipeline.fit(known, away)
        return cls(
            scaler,
            regression,
            frequencies,
            _FEW_CUSTOMERS / (_FEW_CUSTOMERS + len(rows)),
        )

    def risk(self, rows: Rows, days: float) -> Numbers:
        known = self.scaler.transform(design(rows, days))
        sayings = self.regression.decision_function(known)
        plain, counted = expit(sayings), self.frequencies.predict(sayings)
        return np.asarray(self.plainness * plain + (1 - self.plainness) * counted)

    def speaks_for(self, rows: Rows, days: float) -> Numbers:
        known = self.scaler.transform(design(rows, days))
        parts = known * self.regression.coef_[0]
        found = np.zeros((len(rows), len(Fact)))
        for column, fact in enumerate(_FACTS):
            found[:, fact - 1] += parts[:, column]
        return found

    def weights(self) -> dict[int, float]:
        """Return how much each fact moves the risk of the average customer."""
        found = dict.fromkeys((int(fact) for fact in Fact), 0.0)
        for fact, weight in zip(_FACTS, self.regression.coef_[0], strict=True):
            found[int(fact)] += abs(float(weight))
        return found


@dataclass(frozen=True)
class RecencyRule:
    """Who was silent for as long as is looked ahead is lost; the rest in proportion."""

    def risk(self, rows: Rows, days: float) -> Numbers:
        return np.clip(rows["silent_days"].astype(np.float64) / days, 0, 1)

    def speaks_for(self, rows: Rows, days: float) -> Numbers:
        found = np.zeros((len(rows), len(Fact)))
        found[:, Fact.SILENCE - 1] = self.risk(rows, days) - 0.5
        return found

"""The BG/NBD model of repeat purchases, as a baseline of ranking.

Source: Fader, Hardie and Lee, "Counting Your Customers" the Easy Way: An Alternative to
the Pareto/NBD Model, Marketing Science 24 (2005): equations 6 (likelihood) and 10
(expected purchases).
"""

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln, gammaln, hyp2f1, logsumexp


def _minus_log_likelihood(logs, repeats, last, age, weights):
    r, alpha, a, b = np.exp(logs)
    bought = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha)
    alive = betaln(a, b + repeats) - betaln(a, b) - (r + repeats) * np.log(alpha + age)
    gone = np.where(
        repeats > 0,
        betaln(a + 1, b + np.maximum(repeats, 1) - 1)
        - betaln(a, b)
        - (r + repeats) * np.log(alpha + last),
        -np.inf,
    )
    return -np.sum(weights * (bought + logsumexp([alive, gone], axis=0)))


def fit(repeats, last, age):
    """Return r, alpha, a, b of customers; `last` and `age` are in weeks."""
    rows, weights = np.unique(
        np.column_stack([repeats, np.round(last, 1), np.round(age, 1)]),
        axis=0,
        return_counts=True,
    )
    found = minimize(
        _minus_log_likelihood,
        np.zeros(4),
        args=(*rows.T, weights),
        method="L-BFGS-B",
        bounds=[(-10, 10)] * 4,
    )
    return np.exp(found.x)


def expected_purchases(repeats, last, age, weeks):
    """Return how many purchases each customer is expected to make in so many weeks."""
    r, alpha, a, b = fit(repeats, last, age)
    shrink = ((alpha + age) / (alpha + age + weeks)) ** (r + repeats)
    series = hyp2f1(
        r + repeats, b + repeats, a + b + repeats - 1, weeks / (alpha + age + weeks)
    )
    expected = (a + b + repeats - 1) / (a - 1) * (1 - shrink * series)
    odds = np.where(
        repeats > 0,
        a
        / (b + np.maximum(repeats, 1) - 1)
        * ((alpha + age) / (alpha + last)) ** (r + repeats),
        0,
    )
    return expected / (1 + odds)

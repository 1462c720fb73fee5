"""The scores go to their table, and take the place of the old ones at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import sql

from marketing_os.lib.errors import DomainError
from segments.models import ScoreRefresh
from segments.scores.binary import Rows, copy_in, joined, new_rows
from segments.scores.locks import wait_for_erasures
from segments.scores.model import Scorer
from segments.scores.reasons import MOST_REASONS, VALUES, Fact

_COLUMNS = {
    "customer_id": "i8",
    "refresh_id": "i8",
    "risk": "f8",
    "level": "i2",
    "reason_1": "i2",
    "reason_2": "i2",
    "reason_3": "i2",
    "value_1": "f8",
    "value_2": "f8",
    "value_3": "f8",
}
_COPY = sql.SQL("COPY customer_scores ({}) FROM STDIN (FORMAT BINARY)").format(
    sql.SQL(", ").join(map(sql.Identifier, _COLUMNS))
)
# What speaks more weakly is no reason; a regression speaks in logarithms of odds.
_WORTH_SAYING = 0.05


@dataclass(frozen=True)
class Levels:
    """From how many times in the last 30 days activity is medium, and high."""

    medium: int
    high: int


def scores_of(
    rows: Rows, scorer: Scorer, days: float, levels: Levels, refresh_id: int
) -> Rows:
    """Return what is stored of customers whose features these are."""
    scores = new_rows(_COLUMNS, len(rows))
    scores["customer_id"] = rows["customer"]
    scores["refresh_id"] = refresh_id
    risk = scorer.risk(rows, days)
    scores["risk"] = np.round(risk, 4)
    times = rows["level_times"]
    scores["level"] = (times >= levels.medium).astype(int) + (times >= levels.high)
    _add_reasons(scores, rows, scorer.speaks_for(rows, days))
    return scores


def _add_reasons(scores: Rows, rows: Rows, speaks: Any) -> None:
    """Name the facts that move most of all where the whole moves to."""
    direction = np.where(speaks.sum(axis=1) >= 0, 1, -1)
    moved = speaks * direction[:, None]
    order = np.argsort(-moved, axis=1, kind="stable")[:, :MOST_REASONS]
    values = np.column_stack([rows[VALUES[fact]] for fact in Fact])
    for place in range(MOST_REASONS):
        fact = order[:, place]
        by_row = np.arange(len(rows)), fact
        is_reason = moved[by_row] > _WORTH_SAYING
        scores[f"reason_{place + 1}"] = np.where(is_reason, (fact + 1) * direction, 0)
        scores[f"value_{place + 1}"] = np.where(is_reason, values[by_row], 0)


@transaction.atomic
def publish(refresh: ScoreRefresh, batches: list[Rows]) -> None:
    """Store all scores and have everybody read them from now on.

    Until it is committed the old scores stand, also when the process or the server
    dies. Raises DomainError when the refresh was given up in the meantime.
    """
    copy_in(_COPY, _in_order(batches))
    wait_for_erasures()
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM customer_scores s USING customers c WHERE s.refresh_id = %s"
            " AND c.id = s.customer_id AND c.erased_at IS NOT NULL",
            [refresh.pk],
        )
        cursor.execute("ANALYZE customer_scores")
    ScoreRefresh.objects.filter(is_current=True).update(is_current=False)
    won = ScoreRefresh.objects.filter(
        pk=refresh.pk, state=ScoreRefresh.State.RUNNING
    ).update(
        is_current=True, state=ScoreRefresh.State.READY, finished_at=timezone.now()
    )
    if not won:
        raise DomainError(_("This refresh was given up in the meantime."))


def _in_order(batches: list[Rows]) -> Iterator[Rows]:
    """Yield the rows by customer, which their index likes best."""
    every = joined(batches, _COLUMNS)
    order = np.argsort(every["customer_id"], kind="stable")
    for start in range(0, len(order), 50_000):
        yield every[order[start : start + 50_000]]


def drop_old_scores() -> None:
    """Forget the scores that nobody reads any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM customer_scores WHERE refresh_id NOT IN"
            " (SELECT id FROM score_refreshes WHERE is_current)"
        )

"""One refresh from its beginning to its end, in a process of its own."""

import datetime as dt
import resource
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import numpy as np
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer
from marketing_os.lib.errors import DomainError
from segments.models import CustomerScore, ScoreRefresh, ScoreSettings
from segments.scores.binary import Rows, joined
from segments.scores.features import COLUMNS, Period, read_features
from segments.scores.judgement import distribution, has_both_kinds, judge
from segments.scores.locks import sole_refresh
from segments.scores.model import RecencyRule, RegressionScorer, Scorer
from segments.scores.names import CountedNames, counted_names
from segments.scores.periods import choose_periods, oldest_activity
from segments.scores.storing import Levels, drop_old_scores, publish, scores_of
from segments.services.scores import give_up, give_up_lost

# A regression on so few features learns no more from more.
_MOST_TO_LEARN_FROM = 200_000


def run_refresh(
    refresh: ScoreRefresh,
    *,
    as_of: dt.datetime | None = None,
    horizon_days: int | None = None,
) -> ScoreRefresh:
    """Score everybody and publish that; the refresh says how it went.

    `as_of` scores as if it were that moment. Raises DomainError with a sentence for
    staff when it cannot be done; whatever happens, the old scores stand until then.
    """
    try:
        with sole_refresh():
            give_up_lost(but=refresh)
            _Run(refresh, as_of or timezone.now(), horizon_days).do()
            drop_old_scores()
    except DomainError as error:
        give_up(refresh, str(error))
        raise
    except Exception:
        give_up(refresh, _("The refresh broke off because of a fault in the product."))
        raise
    return refresh


class _Run:
    """The steps of one refresh and what they hand on."""

    def __init__(
        self, refresh: ScoreRefresh, as_of: dt.datetime, horizon_days: int | None
    ) -> None:
        self.refresh = refresh
        self.settings = ScoreSettings.current()
        self.horizon = horizon_days or self.settings.horizon_days
        self.as_of = as_of
        self.seconds: dict[str, float] = {}

    def do(self) -> None:
        names = counted_names(self.settings)
        if not names.all:
            raise DomainError(
                _(
                    "No activity counts as a purchase or a visit yet. Choose in the"
                    " settings which do, or import some."
                )
            )
        refresh = self.refresh
        refresh.as_of, refresh.horizon_days = self.as_of, self.horizon
        refresh.customer_count = Customer.objects.active().count()
        refresh.save(update_fields=["as_of", "horizon_days", "customer_count"])
        scorer = self._learn(names)
        scores = self._score(names, scorer)
        self._note_figures(scores)
        with self._step(ScoreRefresh.Step.STORING):
            publish(refresh, scores)
        refresh.figures |= {"seconds": self.seconds, "megabytes": _peak_megabytes()}
        refresh.save(update_fields=["figures"])
        refresh.refresh_from_db()

    @contextmanager
    def _step(self, step: str) -> Iterator[None]:
        ScoreRefresh.objects.filter(pk=self.refresh.pk).update(step=step)
        began = time.monotonic()
        yield
        self.seconds[step] = round(time.monotonic() - began, 2)

    def _learn(self, names: CountedNames) -> Scorer:
        with self._step(ScoreRefresh.Step.HISTORY):
            oldest = oldest_activity(names)
            periods = choose_periods(oldest, self.as_of, self.horizon)
            if isinstance(periods, str):
                return self._rule(periods)
            lesson = self._known(names, periods.lesson)
            exam = self._known(names, periods.exam)
        if not (has_both_kinds(lesson) and has_both_kinds(exam)):
            return self._rule(
                _("Too few customers stayed, or too few stayed away, to learn from.")
            )
        with self._step(ScoreRefresh.Step.TRAINING):
            figures = judge(lesson, periods.lesson.days, exam, periods.exam.days)
            scorer = RegressionScorer.learn(exam, periods.exam.days)
        self.refresh.method = ScoreRefresh.Method.MODEL
        self.refresh.figures = figures | {
            "weights": scorer.weights(),
            "lesson": _dates(periods.lesson),
            "exam": _dates(periods.exam),
        }
        return scorer

    def _known(self, names: CountedNames, period: Period) -> Rows:
        one_in = max(1, self.refresh.customer_count // _MOST_TO_LEARN_FROM)
        rows = read_features(names, period, one_in=one_in)
        return joined(list(rows), COLUMNS)

    def _rule(self, why: str) -> Scorer:
        self.refresh.method = ScoreRefresh.Method.RULE
        self.refresh.note = why
        return RecencyRule()

    def _score(self, names: CountedNames, scorer: Scorer) -> list[Rows]:
        period = Period(self.as_of, self.horizon, looks_ahead=False)
        levels = Levels(self.settings.medium_from, self.settings.high_from)
        done, scores = 0, []
        with (
            self._step(ScoreRefresh.Step.SCORING),
            closing(connection.copy()) as line,
        ):
            for rows in read_features(names, period):
                made = scores_of(rows, scorer, period.days, levels, self.refresh.pk)
                scores.append(made)
                done += len(made)
                # The other connection is in the middle of its query.
                with line.cursor() as cursor:
                    cursor.execute(
                        "UPDATE score_refreshes SET customers_scored = %s"
                        " WHERE id = %s",
                        [done, self.refresh.pk],
                    )
        self.refresh.customers_scored = self.refresh.customer_count = done
        return scores

    def _note_figures(self, scores: list[Rows]) -> None:
        risk = _column(scores, "risk")
        levels = np.bincount(
            _column(scores, "level").astype(int), minlength=len(CustomerScore.Level)
        )
        self.refresh.figures |= {
            "distribution": distribution(risk),
            "levels": [int(count) for count in levels],
        }
        self.refresh.save(
            update_fields=[
                "method",
                "note",
                "figures",
                "customer_count",
                "customers_scored",
            ]
        )


def _column(batches: list[Rows], name: str) -> Any:
    return np.concatenate([rows[name] for rows in batches]) if batches else np.zeros(0)


def _peak_megabytes() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _dates(period: Period) -> dict[str, str]:
    return {"now": period.now.isoformat(), "end": period.end.isoformat()}

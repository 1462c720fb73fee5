"""Which stretch of the history teaches, and which one judges."""

import datetime as dt
from dataclasses import dataclass

from django.db import connection
from django.utils.translation import gettext as _

from segments.scores.features import Period
from segments.scores.names import CountedNames

SHORTEST_LESSON = 14  # days


@dataclass(frozen=True)
class Periods:
    """The moment from which is foretold, and the two before it that are known.

    `lesson` ends where the days begin by which `exam` is judged, so that a model which
    learnt from it knows nothing of them. It may be shorter than the exam: all times are
    told to a model in lengths of the period.
    """

    lesson: Period
    exam: Period
    future: Period


def choose_periods(
    oldest: dt.datetime | None, as_of: dt.datetime, horizon_days: int
) -> Periods | str:
    """Return the periods, or a sentence why the history is too short for them."""
    future = Period(as_of, horizon_days, looks_ahead=False)
    cut = as_of - dt.timedelta(days=horizon_days)
    known = (cut - oldest).total_seconds() / 86400 if oldest else 0
    days = min(float(horizon_days), known / 2)
    if days < SHORTEST_LESSON:
        return _(
            "A model for %(horizon)s days needs a history of %(needed)s days. There are"
            " %(days)s so far."
        ) % {
            "horizon": horizon_days,
            "needed": horizon_days + 2 * SHORTEST_LESSON,
            "days": (as_of - oldest).days if oldest else 0,
        }
    lesson = Period(cut - dt.timedelta(days=days), days)
    return Periods(lesson, Period(cut, horizon_days), future)


def oldest_activity(names: CountedNames) -> dt.datetime | None:
    """Return when the first activity that counts happened, by its index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(oldest) FROM unnest(%s::text[]) AS counted(name), LATERAL ("
            " SELECT min(occurred_at) AS oldest FROM activities a"
            " WHERE a.name = counted.name) AS found",
            [list(names.all)],
        )
        found = cursor.fetchone()[0]
    return found if found is None else found.astimezone(dt.UTC)

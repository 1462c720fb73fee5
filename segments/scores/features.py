"""What is known of everybody as of a moment, by one pass over the activities."""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction
from psycopg import sql

from segments.scores.binary import Rows, copy_out
from segments.scores.names import CountedNames

LEVEL_DAYS = 30
COLUMNS = {
    "customer": "i8",
    "silent_days": "f4",  # since the last activity, else since the beginning
    "times": "f4",
    "spend": "f4",
    "tenure_days": "f4",
    "lately": "f4",  # times in the last half of the window
    "before": "f4",  # times in the half before
    "received": "f4",  # messages in the window
    "opened": "f4",
    "level_times": "f4",
    "returned": "f4",  # times in the window after the moment
}
_QUERY = """
SELECT c.id,
       (extract(epoch FROM {now} - coalesce(a.last, c.created_date)) / 86400)::float4,
       coalesce(a.times, 0)::float4,
       coalesce(a.spend, 0)::float4,
       (extract(epoch FROM {now} - least(a.first, c.created_date)) / 86400)::float4,
       coalesce(a.lately, 0)::float4,
       coalesce(a.before, 0)::float4,
       coalesce(m.received, 0)::float4,
       coalesce(m.opened, 0)::float4,
       coalesce(a.level_times, 0)::float4,
       coalesce(a.returned, 0)::float4
FROM customers c
LEFT JOIN (
    SELECT customer_id,
           min(occurred_at) AS first,
           max(occurred_at) FILTER (WHERE occurred_at < {now}) AS last,
           count(*) FILTER (WHERE occurred_at < {now}) AS times,
           sum(amount::float8) FILTER (
               WHERE occurred_at < {now} AND name = ANY({purchases})) AS spend,
           count(*) FILTER (
               WHERE occurred_at < {now} AND occurred_at >= {half}) AS lately,
           count(*) FILTER (
               WHERE occurred_at < {half} AND occurred_at >= {begin}) AS before,
           count(*) FILTER (
               WHERE occurred_at < {now} AND occurred_at >= {level}) AS level_times,
           count(*) FILTER (WHERE occurred_at >= {now}) AS returned
    FROM activities
    WHERE name = ANY({names}) AND occurred_at < {end}{sample_of_activities}
    GROUP BY customer_id
) a ON a.customer_id = c.id
LEFT JOIN (
    SELECT customer_id, count(*) AS received,
           count(*) FILTER (WHERE opened_at < {now}) AS opened
    FROM deliveries
    WHERE accepted_at >= {begin} AND accepted_at < {now}
    GROUP BY customer_id
) m ON m.customer_id = c.id
WHERE c.erased_at IS NULL AND c.archived_at IS NULL
  AND least(a.first, c.created_date) < {now}{sample_of_customers}
"""
# A million groups of a few numbers each fit; more spill to the disk.
_WORK_MEMORY = "256MB"


@dataclass(frozen=True)
class Period:
    """A window up to a moment, and as many days after it for who came back."""

    now: dt.datetime
    days: float
    looks_ahead: bool = True

    @property
    def begin(self) -> dt.datetime:
        return self.now - dt.timedelta(days=self.days)

    @property
    def end(self) -> dt.datetime:
        if not self.looks_ahead:
            return self.now
        return self.now + dt.timedelta(days=self.days)


def read_features(
    names: CountedNames, period: Period, *, one_in: int = 1
) -> Iterator[Rows]:
    """Yield rows of COLUMNS about everybody known at the period's moment.

    `one_in` takes only every so-many-th customer. Rows come in no order.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL work_mem = '{_WORK_MEMORY}'")
            # Compiling takes longer than it saves, here.
            cursor.execute("SET LOCAL jit = off")
        yield from copy_out(features_query(names, period, one_in=one_in), COLUMNS)


def features_query(
    names: CountedNames, period: Period, *, one_in: int = 1
) -> sql.Composable:
    half = period.now - dt.timedelta(days=period.days / 2)
    level = period.now - dt.timedelta(days=LEVEL_DAYS)
    return sql.SQL(_QUERY).format(
        now=_instant(period.now),
        begin=_instant(period.begin),
        half=_instant(half),
        level=_instant(level),
        end=_instant(period.end),
        names=_texts(names.all),
        purchases=_texts(names.purchases),
        sample_of_activities=_sample("customer_id", one_in),
        sample_of_customers=_sample("c.id", one_in),
    )


def _sample(column: str, one_in: int) -> sql.Composable:
    if one_in == 1:
        return sql.SQL("")
    # Numbers in a row may belong together, such as those of one import.
    form = f" AND hashint8({column})::bigint % {{}} = 0"
    return sql.SQL(form).format(sql.Literal(one_in))


def _texts(names: tuple[str, ...]) -> sql.Composable:
    return sql.SQL("{}::text[]").format(sql.Literal(list(names)))


def _instant(moment: dt.datetime) -> sql.Composable:
    return sql.SQL("{}::timestamptz").format(sql.Literal(moment.isoformat()))

"""Who did afterwards what staff count as a conversion, with and without the message.

A customer counts once. Of those who were held out, and of those who were meant to get
it but were left out at the last moment, the time counts at which it was due.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db import connection
from django.utils import timezone

from messaging.models import ConversionGoal, Delivery
from messaging.results.lift import Lift, Share, lift
from messaging.results.scope import Scope
from messaging.results.states import WENT_OUT

_Reason = Delivery.Reason
# Decided when the dispatch was prepared, in both groups alike; what is skipped for
# another reason was skipped later, of those who were to get it.
DECIDED_AHEAD = (
    _Reason.NO_ADDRESS,
    _Reason.NO_CONSENT,
    _Reason.TOPIC_DECLINED,
    _Reason.PAUSED,
    _Reason.SUPPRESSED,
    _Reason.ERASED_ADDRESS,
    _Reason.HOLDOUT,
    _Reason.HOLDOUT_AGAIN,
    _Reason.ALREADY_RECEIVED,
    _Reason.DUPLICATE_ADDRESS,
)


@dataclass(frozen=True)
class Conversions:
    """What became of one goal.

    `sent` are the customers whose message went out; `meant` also those who were left
    out at the last moment, as such are among the `held_out`, too. `in_both` counts
    those who were held out once and not another time, and are compared with nobody.
    """

    goal: ConversionGoal
    sent: Share
    meant: Share
    held_out: Share
    in_both: int
    open_until: datetime | None

    @cached_property
    def lift(self) -> Lift | None:
        return lift(self.meant, self.held_out)

    @property
    def more(self) -> int:
        """About how many did it because of the message."""
        return round(self.lift.points / 100 * self.meant.people) if self.lift else 0

    @property
    def is_open(self) -> bool:
        """Say whether the time of some is not over yet."""
        return self.open_until is not None and self.open_until > timezone.now()


def conversions(scope: Scope) -> list[Conversions]:
    """Count the conversions of some dispatches, goal by goal, in one pass over them."""
    goals = scope.goals()
    people, done = _count(scope, goals) if goals and scope.ids else ({}, {})
    return [
        _told(
            goal,
            people.get(goal.series, (0, 0, 0, 0, None)),
            done.get(goal.pk, (0, 0, 0)),
        )
        for goal in goals
    ]


def _told(
    goal: ConversionGoal, people: tuple[Any, ...], done: tuple[Any, ...]
) -> Conversions:
    sent, meant, held_out, in_both, last = people
    return Conversions(
        goal,
        sent=Share(done[0], sent),
        meant=Share(done[1], meant),
        held_out=Share(done[2], held_out),
        in_both=in_both,
        open_until=last + timedelta(days=goal.days) if last else None,
    )


def _count(
    scope: Scope, goals: list[ConversionGoal]
) -> tuple[dict[str, tuple[Any, ...]], dict[int, tuple[Any, ...]]]:
    """Return by series how many people there are, and by goal how many did it."""
    series = list(dict.fromkeys(goal.series for goal in goals))
    values: dict[str, Any] = {
        "dispatches": list(scope.ids),
        "cancelled": list(scope.cancelled),
        "series": series,
        "since": scope.since,
        "went_out": [str(state) for state in WENT_OUT],
        "waiting": [str(state) for state in (*Delivery.WAITING, "cancelled")],
        "decided_ahead": [str(reason) for reason in DECIDED_AHEAD],
    }
    branches = []
    for goal in goals:
        branch, given = _done(goal, 1 + series.index(goal.series))
        branches.append(branch)
        values |= given
    with connection.cursor() as cursor:
        cursor.execute(_COUNT.format(done=" UNION ALL ".join(branches)), values)
        rows = cursor.fetchall()
    people = {series[row[0] - 1]: row[1:6] for row in rows}
    return people, {row[6]: row[7:] for row in rows if row[6] is not None}


def _done(goal: ConversionGoal, place: int) -> tuple[str, dict[str, Any]]:
    """Return who reached a goal and when, as SQL and what it reads."""
    given = {
        "goal": goal.pk,
        "place": place,
        "days": goal.days,
        "funnel": goal.funnel_type,
        "name": goal.name,
    }
    names = {name: f"%({name}_{goal.pk})s" for name in given}
    sql = _DONE[ConversionGoal.Kind(goal.kind)].format(**names)
    return sql, {f"{name}_{goal.pk}": value for name, value in given.items()}


_DONE = {
    ConversionGoal.Kind.ACTIVITY: """
        SELECT {goal} AS goal, {place} AS place, {days} AS days, customer_id,
               occurred_at AS at
        FROM activities WHERE name = {name} AND occurred_at > %(since)s""",
    ConversionGoal.Kind.MOVE: """
        SELECT {goal} AS goal, {place} AS place, {days} AS days, customer_id,
               created_date AS at
        FROM funnel_events
        WHERE funnel_type = {funnel} AND to_stage = {name}
          AND created_date > %(since)s""",
}
# Of customers with one address only the first would have got it, so of those held out
# only the first counts.
_COUNT = """
WITH mine AS MATERIALIZED (
    SELECT id, place::int, id <> ALL(%(cancelled)s::bigint[]) AS is_whole
    FROM dispatches JOIN unnest(%(series)s::text[]) WITH ORDINALITY AS given (name, place)
        ON given.name = dispatches.series
    WHERE id = ANY(%(dispatches)s::bigint[])
),
meant AS MATERIALIZED (
    SELECT mine.place, deliveries.customer_id, coalesce(accepted_at, due_at) AS at,
           deliveries.state = ANY(%(went_out)s) AS went_out, false AS is_held_out,
           mine.is_whole
    FROM deliveries JOIN mine ON mine.id = deliveries.dispatch_id
    WHERE deliveries.state <> ALL(%(waiting)s)
      AND NOT (deliveries.state = 'skipped'
               AND deliveries.reason = ANY(%(decided_ahead)s))
    UNION ALL
    SELECT place, customer_id, at, false, true, true FROM (
        SELECT DISTINCT ON (dispatch_id, coalesce(nullif(lower(address), ''), customer_id::text))
               mine.place, deliveries.customer_id, due_at AS at
        FROM deliveries JOIN mine ON mine.id = deliveries.dispatch_id AND mine.is_whole
        WHERE deliveries.reason = 'holdout' AND due_at <= now()
        ORDER BY dispatch_id, coalesce(nullif(lower(address), ''), customer_id::text),
                 customer_id
    ) AS held_out
),
people AS MATERIALIZED (
    SELECT place, customer_id,
           bool_or(went_out) AS was_sent,
           bool_or(is_whole AND NOT is_held_out) AS was_meant,
           bool_or(is_whole AND is_held_out) AS was_held_out,
           max(at) AS at
    FROM meant GROUP BY place, customer_id
),
sizes AS (
    SELECT place,
           count(*) FILTER (WHERE was_sent) AS sent,
           count(*) FILTER (WHERE was_meant AND NOT was_held_out) AS meant,
           count(*) FILTER (WHERE was_held_out AND NOT was_meant) AS held_out,
           count(*) FILTER (WHERE was_held_out AND was_meant) AS in_both,
           max(at) AS at
    FROM people GROUP BY place
),
done AS ({done}),
did AS (
    SELECT done.goal, done.place, done.customer_id,
           bool_or(meant.went_out) AS when_sent, bool_or(meant.is_whole) AS when_whole
    FROM done JOIN meant ON meant.customer_id = done.customer_id
        AND meant.place = done.place AND done.at > meant.at
        AND done.at <= meant.at + make_interval(days => done.days)
    GROUP BY done.goal, done.place, done.customer_id
),
counts AS (
    SELECT goal, place,
           count(*) FILTER (WHERE when_sent) AS sent,
           count(*) FILTER (WHERE when_whole AND was_meant AND NOT was_held_out) AS meant,
           count(*) FILTER (WHERE when_whole AND was_held_out AND NOT was_meant) AS held_out
    FROM did JOIN people USING (place, customer_id) GROUP BY goal, place
)
SELECT sizes.place, sizes.sent, sizes.meant, sizes.held_out, sizes.in_both, sizes.at,
       counts.goal, counts.sent, counts.meant, counts.held_out
FROM sizes LEFT JOIN counts USING (place)
"""

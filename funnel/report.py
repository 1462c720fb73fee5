"""How far customers get in a funnel: counts, rates and times, whole or split."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from psycopg import sql

from funnel.conversions import known_conversions
from funnel.models import FunnelEvent
from funnel.stages import Moves, order_stages
from imports.database import comma, execute, fetch
from marketing_os.lib.distinct import distinct_values
from marketing_os.lib.filters import start_of

MONTH, ATTRIBUTE = "month", "attribute"
MOST_STAGES = 20
MOST_VALUES = 12
MOST_MONTHS = 24
# How many of the newest moves into each stage tell where it stands on the way.
_SAMPLE = 1_000


@dataclass(frozen=True)
class Split:
    """By what the customers of a report are told apart.

    `by` is "" (not at all), "month" (when they came to the first stage) or
    "attribute", whose name stands in `attribute`.
    """

    by: str = ""
    attribute: str = ""


@dataclass(frozen=True)
class Step:
    """Who reached a stage; rates are percentages, None where nobody could.

    `went_on` is how many of those at the stage before came here as well, `from_first`
    how many of those at the first one; `days` is the median time since the stage
    before, of those who came here after it.
    """

    name: str
    count: int
    before: int
    went_on: int
    first: int
    from_first: int
    days: float | None

    @property
    def rate(self) -> float | None:
        return 100 * self.went_on / self.before if self.before else None

    @property
    def whole_rate(self) -> float | None:
        return 100 * self.from_first / self.first if self.first else None


@dataclass(frozen=True)
class Part:
    """The customers of one value; `kind` is "value", "other", "unknown" or "all"."""

    kind: str
    value: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Report:
    """A funnel's stages in order with what became of everybody, and of each part."""

    stages: tuple[str, ...]
    exits: tuple[tuple[str, int], ...]
    whole: Part
    parts: tuple[Part, ...]


_MOVES = """
SELECT coalesce(NULLIF(m.from_stage, ''), (
           SELECT p.to_stage FROM funnel_events AS p
           WHERE p.customer_id = m.customer_id AND p.funnel_type = {funnel_type}
             AND (p.created_date, p.id) < (m.created_date, m.id)
           ORDER BY p.created_date DESC, p.id DESC LIMIT 1)) AS before,
       stage, count(*)
FROM unnest({stages}::text[]) AS stage CROSS JOIN LATERAL (
    SELECT id, customer_id, from_stage, created_date FROM funnel_events
    WHERE funnel_type = {funnel_type} AND to_stage = stage
    ORDER BY created_date DESC LIMIT {sample}
) AS m
GROUP BY 1, 2
"""
# When each customer came to each stage for the first time, in one pass.
_REPORT = """
WITH way AS (
    SELECT customer_id, {firsts} FROM funnel_events
    WHERE funnel_type = {funnel_type} AND to_stage = ANY ({names})
    GROUP BY customer_id
),
entered AS MATERIALIZED (
    SELECT way.*, {value} AS value FROM way {join}
    WHERE {period}
),
listed AS (
    SELECT value FROM entered WHERE value IS NOT NULL
    GROUP BY value ORDER BY {order} LIMIT {most}
),
told AS (
    SELECT e.*, CASE WHEN e.value IS NULL THEN 'unknown' WHEN l.value IS NULL
                     THEN 'other' ELSE 'value' END AS kind, l.value AS shown
    FROM entered AS e LEFT JOIN listed AS l ON l.value = e.value
)
SELECT CASE WHEN grouping(kind) = 1 THEN 'all' ELSE kind END, coalesce(shown, ''),
       {figures}
FROM told GROUP BY GROUPING SETS ((), (kind, shown))
ORDER BY {listing}
"""
_FIRST = "min(created_date) FILTER (WHERE to_stage = {name}) AS {at}"
# Beside the count: of whom at the stage before, and at the first; median seconds.
_FIGURES = """count({at}), count({before}), count({at}) FILTER (WHERE {before} IS NOT NULL),
count({first}), count({at}) FILTER (WHERE {first} IS NOT NULL),
percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM {at} - {before}))
    FILTER (WHERE {at} >= {before})"""
_WIDTH = 6
_KINDS = ("value", "other", "unknown")
_DAY = 24 * 3600


def stages_of(funnel_type: str) -> tuple[list[str], list[str]]:
    """Return the stages of a funnel in order, and those that lead out of it.

    Conversions have the order that staff gave them; of other funnels it is read from
    what customers did.
    """
    names = distinct_values(
        FunnelEvent, "to_stage", limit=MOST_STAGES, funnel_type=funnel_type
    )
    if funnel_type == FunnelEvent.FunnelType.CONVERSION:
        known = [one.name for one in known_conversions()]
        if not names:
            return [], []
        return known, [name for name in names if name not in known]
    return order_stages(set(names), _moves(funnel_type, names))


def _moves(funnel_type: str, stages: list[str]) -> Moves:
    found = fetch(
        sql.SQL(_MOVES).format(
            funnel_type=sql.Literal(funnel_type),
            stages=sql.Literal(stages),
            sample=sql.Literal(_SAMPLE),
        )
    )
    return {(before, stage): n for before, stage, n in found if before in stages}


def funnel_report(
    funnel_type: str,
    split: Split,
    *,
    since: date | None = None,
    until: date | None = None,
) -> Report | None:
    """Count who got how far in a funnel; None when nobody ever moved in it.

    `since` and `until` are the first and the last day on which the customers counted
    came to their first stage, in the project's time zone.
    """
    way, exits = stages_of(funnel_type)
    if not way:
        return None
    rows = _read(_query(funnel_type, [*way, *exits], len(way), split, since, until))
    parts = [_part(row, way) for row in rows]
    whole = next(part for part in parts if part.kind == "all")
    total = next(row for row in rows if row[0] == "all")
    beside = total[2 + _WIDTH * len(way) :]
    told_apart = [part for part in parts if part.kind != "all"] if split.by else []
    return Report(
        tuple(way),
        tuple(zip(exits, beside, strict=True)),
        whole,
        tuple(sorted(told_apart, key=lambda part: _KINDS.index(part.kind))),
    )


def _read(query: sql.Composable) -> list[tuple[Any, ...]]:
    with transaction.atomic():
        # Else everybody's way goes through files on disk.
        execute(sql.SQL("SET LOCAL work_mem = '256MB'"))
        # Compiling takes longer than it saves, here.
        execute(sql.SQL("SET LOCAL jit = off"))
        return fetch(query)


def _part(row: tuple[Any, ...], way: list[str]) -> Part:
    steps = []
    for place, name in enumerate(way):
        start = 2 + _WIDTH * place
        count, before, went_on, first, from_first, seconds = row[start : start + _WIDTH]
        days = None if seconds is None or not place else float(seconds) / _DAY
        steps.append(Step(name, count, before, went_on, first, from_first, days))
    return Part(row[0], row[1], tuple(steps))


def _query(
    funnel_type: str,
    names: list[str],
    length: int,
    split: Split,
    since: date | None,
    until: date | None,
) -> sql.Composable:
    at = [sql.Identifier(f"at_{place}") for place in range(len(names))]
    by_month = split.by == MONTH
    of_people = sql.SQL("JOIN customers AS c ON c.id = way.customer_id")
    return sql.SQL(_REPORT).format(
        funnel_type=sql.Literal(funnel_type),
        names=sql.Literal(names),
        firsts=comma(
            sql.SQL(_FIRST).format(name=sql.Literal(name), at=column)
            for name, column in zip(names, at, strict=True)
        ),
        value=_value(split, at[0]),
        join=of_people if split.by == ATTRIBUTE else sql.SQL(""),
        period=_period(at, since, until),
        order=sql.SQL("value DESC" if by_month else "count(*) DESC, value"),
        most=sql.Literal(MOST_MONTHS if by_month else MOST_VALUES),
        figures=comma(_figures(at, length)),
        listing=sql.SQL("shown DESC" if by_month else "count(*) DESC, shown"),
    )


def _value(split: Split, first: sql.Composable) -> sql.Composable:
    """The expression by which customers are told apart; NULL: it is not known."""
    if split.by == MONTH:
        return sql.SQL("to_char({} AT TIME ZONE {}, 'YYYY-MM')").format(
            first, sql.Literal(settings.TIME_ZONE)
        )
    if split.by == ATTRIBUTE:
        return sql.SQL("left(c.attributes ->> {}, 100)").format(
            sql.Literal(split.attribute)
        )
    return sql.SQL("NULL::text")


def _period(
    at: list[sql.Identifier], since: date | None, until: date | None
) -> sql.Composable:
    came = sql.SQL("least({})").format(comma(at))
    tests: list[sql.Composable] = [sql.SQL("true")]
    if since is not None:
        tests.append(came + sql.SQL(" >= {}").format(sql.Literal(start_of(since))))
    if until is not None:
        end = start_of(until + timedelta(days=1))
        tests.append(came + sql.SQL(" < {}").format(sql.Literal(end)))
    return sql.SQL(" AND ").join(tests)


def _figures(at: list[sql.Identifier], length: int) -> Iterator[sql.Composable]:
    for place, column in enumerate(at[:length]):
        yield sql.SQL(_FIGURES).format(
            at=column, before=at[max(place - 1, 0)], first=at[0]
        )
    for column in at[length:]:
        yield sql.SQL("count({})").format(column)

"""Which type a column has, judged over the whole column, and what it would break.

A type that fails in most of a sample is not tried on the rest, so a column of texts
costs next to nothing; what is left is tested on every value, all columns in one scan.
"""

import itertools
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from psycopg import sql

from imports.database import comma, fetch
from imports.models import ImportJob
from imports.services.casts import Reading, cast_sql, clean_sql
from imports.services.dates import DateOrder, date_orders
from imports.services.mapping import Destination
from imports.services.staging import cell, raw_table
from imports.targets import NULL_WORD

VALUES_SHOWN = 20
_VALUE_SHOWN = 100
_SAMPLE_ROWS = 2000
# Narrower than the casts: a leading zero or an exponent may be part of an ID, and
# 0 and 1 are numbers until someone says otherwise.
_PLAIN_NUMBER = r"^-?(0|[1-9]\d{0,17})(\.\d{1,15})?$"
_PLAIN_NUMBER_COMMA = r"^-?(0|[1-9]\d{0,17})(,\d{1,15})?$"
_TYPES = ("boolean", "numeric", "date", "timestamp", "array")
_MOMENTS = ("date", "timestamp")
_COMMA = "numeric, with a comma"

Candidate = tuple[int, str]


@dataclass(frozen=True)
class Nearly:
    """A type that most values of a column fit, and the `breaks` values that do not.

    `values` are up to 20 of {"value", "line" (of its first row), "rows"}, those of
    most rows first. A number with a leading zero counts: it would lose the zero.
    """

    type: str
    breaks: int
    values: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class ColumnTypes:
    """What a whole column could be: `type` is the narrowest one that nothing breaks.

    `type` is "" for an empty column; `filled` counts the values that are not missing.
    `nearly` lists the stricter types that at most half of the values break.
    `decimal_comma`: it would be numbers if 12,5 were read as one.
    """

    type: str
    filled: int
    nearly: list[Nearly]
    dates: DateOrder
    decimal_comma: bool = False

    def as_json(self) -> dict[str, Any]:
        """{"type", "filled", "nearly": [{"type", "breaks", "values": [{"value",
        "line", "rows"}, …]}, …], "dates": {"order", "lines": [{"line", "value"}, …],
        "question"}, "decimal_comma"}, as `Nearly` and `DateOrder` say.
        """
        dates = asdict(self.dates) | {"question": self.dates.question}
        return asdict(self) | {"dates": dates}


def infer_types(
    job: ImportJob, indexes: list[int], reading: Reading, header: list[str]
) -> dict[int, ColumnTypes]:
    """Judge the columns at `indexes` over all staged rows."""
    if not indexes:
        return {}
    likely = _likely(job, indexes, reading)
    moments = sorted({index for index, kind in likely if kind in _MOMENTS})
    orders = date_orders(job, moments)
    readings = {
        index: _in_order(reading.of(header[index]), orders.get(index))
        for index in indexes
    }
    filled, broken = _count(raw_table(job), indexes, likely, readings)
    types = {
        index: _narrowest(index, filled, broken, orders.get(index)) for index in indexes
    }
    near = _near(types, filled, broken)
    values = _broken_values(raw_table(job), near, readings)
    return {
        index: ColumnTypes(
            type=types[index],
            filled=filled[index],
            nearly=[
                Nearly(kind, broken[index, kind], values[index, kind])
                for place, kind in near
                if place == index
            ],
            dates=orders.get(index, DateOrder()),
            decimal_comma=types[index] == "string" and broken.get((index, _COMMA)) == 0,
        )
        for index in indexes
    }


def with_type(
    item: Destination, known: Mapping[str, str], inferred: Mapping[int, str]
) -> Destination:
    """Give an extra that has no type the one that is known or else inferred."""
    if item.type:
        return item
    found = known.get(item.name) or inferred.get(item.index) or "string"
    return replace(item, type=found)


def _in_order(reading: Reading, found: DateOrder | None) -> Reading:
    """Read dates as a person said, or else as they turned out to be written."""
    if reading.date_order or found is None:
        return reading
    order = {"ask": "dmy", "mixed": "any"}.get(found.order, found.order)
    return replace(reading, date_order=order)


def _likely(job: ImportJob, indexes: list[int], reading: Reading) -> list[Candidate]:
    """Drop the types that three quarters of a sample contradict."""
    candidates = [(index, kind) for index in indexes for kind in (*_TYPES, _COMMA)]
    share = min(100.0, 100 * _SAMPLE_ROWS / max(job.rows_total, 1))
    sample = sql.SQL(
        "((SELECT * FROM {raw} LIMIT {rows}) UNION ALL (SELECT * FROM {raw}"
        " TABLESAMPLE SYSTEM ({share}) REPEATABLE (1) LIMIT {rows}))"
    ).format(raw=raw_table(job), rows=_SAMPLE_ROWS, share=share)
    loose = reading if reading.date_order else replace(reading, date_order="any")
    readings = dict.fromkeys(indexes, loose)
    filled, broken = _count(sample, indexes, candidates, readings)
    return [
        (index, kind)
        for index, kind in candidates
        if 4 * broken[index, kind] <= 3 * filled[index]
    ]


def _count(
    rows: sql.Composable,
    indexes: list[int],
    candidates: list[Candidate],
    readings: Mapping[int, Reading],
) -> tuple[dict[int, int], dict[Candidate, int]]:
    """Count the values of each column, and those that contradict each candidate."""
    counts: list[sql.Composable] = [
        sql.SQL("count({})").format(cell(index)) for index in indexes
    ]
    counts += [
        sql.SQL("count({}) FILTER (WHERE {})").format(
            cell(index), _breaks(kind, cell(index), readings[index])
        )
        for index, kind in candidates
    ]
    query = sql.SQL("SELECT {} FROM {}").format(comma(counts), _clean(rows, readings))
    found = fetch(query)[0]
    filled = dict(zip(indexes, found, strict=False))
    return filled, dict(zip(candidates, found[len(indexes) :], strict=True))


def _clean(rows: sql.Composable, readings: Mapping[int, Reading]) -> sql.Composable:
    """The cells without what is missing; OFFSET 0 keeps it from being repeated."""
    cells = comma(
        sql.SQL("NULLIF({}, {}) AS {}").format(
            clean_sql(cell(index), reading), sql.Literal(NULL_WORD), cell(index)
        )
        for index, reading in readings.items()
    )
    return sql.SQL("(SELECT line, {} FROM {} AS raw OFFSET 0) AS cleaned").format(
        cells, rows
    )


def _narrowest(
    index: int,
    filled: Mapping[int, int],
    broken: Mapping[Candidate, int],
    order: DateOrder | None,
) -> str:
    if not filled[index]:
        return ""
    is_mixed = order is not None and order.order == "mixed"
    return next(
        (
            kind
            for kind in _TYPES
            if broken.get((index, kind)) == 0 and not (is_mixed and kind in _MOMENTS)
        ),
        "string",
    )


def _near(
    types: Mapping[int, str], filled: Mapping[int, int], broken: Mapping[Candidate, int]
) -> list[Candidate]:
    """List the stricter types that break some values, but at most half of them.

    A wider type is listed only when it breaks fewer: what is nearly a date is nearly
    a timestamp too.
    """
    found: list[Candidate] = []
    fewest: dict[int, int] = {}
    for (index, kind), count in broken.items():
        is_stricter = kind in itertools.takewhile(types[index].__ne__, _TYPES)
        limit = fewest.get(index, filled[index] // 2 + 1)
        if is_stricter and 0 < count < limit:
            found.append((index, kind))
            fewest[index] = count
    return found


def _broken_values(
    rows: sql.Composable, near: list[Candidate], readings: Mapping[int, Reading]
) -> dict[Candidate, list[dict[str, Any]]]:
    values: dict[Candidate, list[dict[str, Any]]] = {pair: [] for pair in near}
    if not near:
        return values
    pairs = comma(
        sql.SQL("({}, {}, {})").format(
            sql.Literal(place), cell(index), _breaks(kind, cell(index), readings[index])
        )
        for place, (index, kind) in enumerate(near)
    )
    used = {index: readings[index] for index, _ in near}
    query = sql.SQL(
        "SELECT place, value, line, rows FROM (SELECT place, left(value, {length})"
        " AS value, min(line) AS line, count(*) AS rows, row_number() OVER"
        " (PARTITION BY place ORDER BY count(*) DESC, min(line)) AS rank"
        " FROM {rows} CROSS JOIN LATERAL (VALUES {pairs}) AS tested (place, value,"
        " breaks) WHERE breaks GROUP BY place, left(value, {length})) AS ranked"
        " WHERE rank <= {limit} ORDER BY place, rank"
    ).format(
        length=sql.Literal(_VALUE_SHOWN),
        rows=_clean(rows, used),
        pairs=pairs,
        limit=sql.Literal(VALUES_SHOWN),
    )
    for place, value, line, count in fetch(query):
        values[near[place]].append({"value": value, "line": line, "rows": count})
    return values


def _breaks(kind: str, value: sql.Composable, reading: Reading) -> sql.Composable:
    """Tell whether a value contradicts a type; true or false for any text."""
    if kind == "boolean":
        return sql.SQL("lower({}) NOT IN ('true', 'false', 'yes', 'no')").format(value)
    if kind in ("numeric", _COMMA):
        has_comma = reading.decimal_comma or kind == _COMMA
        pattern = _PLAIN_NUMBER_COMMA if has_comma else _PLAIN_NUMBER
        return sql.SQL("{} !~ {}").format(value, sql.Literal(pattern))
    if kind == "array":
        return sql.SQL("(left({0}, 1) <> '[' OR {1} IS NULL)").format(
            value, cast_sql("array", value, reading)
        )
    return sql.SQL("({0} IS NOT NULL AND {1} IS NULL)").format(
        value, cast_sql(kind, value, reading)
    )

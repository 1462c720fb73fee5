"""Which type a column has, judged over the whole column, and what it would break.

A type that fails in most of a sample is not tried on the rest, so a column of texts
costs next to nothing; what is left is tested on every value, all columns in one scan.
"""

import itertools
from collections.abc import Iterable, Mapping
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
_SAMPLE_ROWS = 1000
# Narrower than the casts: a leading zero or an exponent may be part of an ID, and
# 0 and 1 are numbers until someone says otherwise.
_PLAIN_NUMBER = r"^-?(0|[1-9]\d{0,17})(\.\d{1,15})?$"
_PLAIN_NUMBER_COMMA = r"^-?(0|[1-9]\d{0,17}|[1-9]\d{0,2}(\.\d{3}){1,5})(,\d{1,15})?$"
_TYPES = ("boolean", "numeric", "date", "timestamp", "array")
_MOMENTS = ("date", "timestamp")
_COMMA = "numeric, with a comma"
_KINDS = (*_TYPES, _COMMA)

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
    judged = _Judged(job, {index: reading.of(header[index]) for index in indexes})
    near = _near(judged)
    values = _broken_values(judged, near)
    return {
        index: ColumnTypes(
            type=judged.type_of(index),
            filled=judged.filled[index],
            nearly=[
                Nearly(kind, judged.broken[index, kind], values[index, kind])
                for place, kind in near
                if place == index
            ],
            dates=judged.orders.get(index, DateOrder()),
            decimal_comma=judged.has_decimal_comma(index),
        )
        for index in indexes
    }


class _Judged:
    """How many values each column has, and how many contradict each likely type.

    First a sample tells which types are worth counting. Of each column the first type
    that held in it is counted over all rows, and the stricter ones that nearly did;
    only where that one fails are the other types counted too.
    """

    def __init__(self, job: ImportJob, readings: dict[int, Reading]) -> None:
        self.job = job
        self.rows: sql.Composable = raw_table(job)
        self.readings = readings
        self.orders: dict[int, DateOrder] = {}
        self.broken: dict[Candidate, int] = {}
        sample = _sample(job)
        likely, held = self._in_sample(sample)
        first = [
            (index, kind)
            for index, kind in likely
            if index not in held or _KINDS.index(kind) <= _KINDS.index(held[index])
        ]
        moments = _moments(first)
        self._settle(
            [i for i, found in date_orders(moments, sample).items() if found.order]
        )
        self.filled, self.broken = self._count(self.rows, list(readings), first)
        failed = [index for index, kind in held.items() if self.broken[index, kind]]
        again = [(index, kind) for index, kind in likely if index in failed]
        if again:
            self._settle([i for i in _moments(again) if i not in self.orders])
            self.broken |= self._count(self.rows, failed, again)[1]

    def type_of(self, index: int) -> str:
        """The narrowest type that nothing contradicts, "" for an empty column."""
        if not self.filled[index]:
            return ""
        found = self.orders.get(index)
        kinds = [kind for kind in _TYPES if self.broken.get((index, kind)) == 0]
        if found is not None and found.order == "mixed":
            kinds = [kind for kind in kinds if kind not in _MOMENTS]
        return kinds[0] if kinds else "string"

    def has_decimal_comma(self, index: int) -> bool:
        """Tell whether a comma makes numbers of a text that is more so than words."""
        filled = self.filled[index]
        words = self.broken.get((index, _COMMA), filled)
        fewer = words < self.broken.get((index, "numeric"), filled)
        return self.type_of(index) == "string" and fewer and 2 * words < filled

    def _in_sample(
        self, sample: sql.Composable
    ) -> tuple[list[Candidate], dict[int, str]]:
        """Find the types that a quarter of each column fits, and the first that all do."""
        candidates = [(index, kind) for index in self.readings for kind in _KINDS]
        given, self.readings = (
            self.readings,
            {
                index: reading
                if reading.date_order
                else replace(reading, date_order="any")
                for index, reading in self.readings.items()
            },
        )
        filled, broken = self._count(sample, list(given), candidates)
        self.readings = given
        likely = [
            (index, kind)
            for index, kind in candidates
            if 4 * broken[index, kind] <= 3 * filled[index]
        ]
        held: dict[int, str] = {}
        for index, kind in likely:
            if not broken[index, kind] and kind in _TYPES:
                held.setdefault(index, kind)
        return likely, held

    def _settle(self, indexes: list[int]) -> None:
        """Read dates as a person said, or else as the whole column writes them."""
        self.orders |= date_orders(indexes, self.rows)
        for index in indexes:
            order = self.orders[index].order
            if not self.readings[index].date_order:
                order = {"ask": "dmy", "mixed": "any"}.get(order, order)
                self.readings[index] = replace(self.readings[index], date_order=order)

    def _count(
        self, rows: sql.Composable, indexes: list[int], candidates: list[Candidate]
    ) -> tuple[dict[int, int], dict[Candidate, int]]:
        """Count values of columns, and those that contradict each candidate."""
        counts = [sql.SQL("count({})").format(cell(index)) for index in indexes]
        counts += [
            sql.SQL("count({}) FILTER (WHERE {})").format(
                cell(index), _breaks(kind, cell(index), self.readings[index])
            )
            for index, kind in candidates
        ]
        tested = {index for index, _ in candidates}
        query = sql.SQL("SELECT {} FROM {}").format(
            comma(counts), self.cleaned(rows, indexes, tested)
        )
        found = fetch(query)[0]
        filled = dict(zip(indexes, found, strict=False))
        return filled, dict(zip(candidates, found[len(indexes) :], strict=True))

    def cleaned(
        self, rows: sql.Composable, indexes: Iterable[int], tested: set[int]
    ) -> sql.Composable:
        """The cells without what is missing; OFFSET 0 keeps it from being repeated.

        A column that is not tested is only counted, for which its cells will do.
        """
        cells = [
            sql.SQL("NULLIF({}, {}) AS {}").format(
                clean_sql(cell(index), self.readings[index]),
                sql.Literal(NULL_WORD),
                cell(index),
            )
            if index in tested or self.readings[index].missing
            else cell(index)
            for index in indexes
        ]
        return sql.SQL("(SELECT line, {} FROM {} AS raw OFFSET 0) AS cleaned").format(
            comma(cells), rows
        )


def _moments(candidates: list[Candidate]) -> list[int]:
    return sorted({index for index, kind in candidates if kind in _MOMENTS})


def _sample(job: ImportJob) -> sql.Composable:
    """Some rows from the beginning, and some from all over the file."""
    share = min(100.0, 100 * _SAMPLE_ROWS / max(job.rows_total, 1))
    return sql.SQL(
        "((SELECT * FROM {raw} LIMIT {rows}) UNION ALL (SELECT * FROM {raw}"
        " TABLESAMPLE SYSTEM ({share}) REPEATABLE (1) LIMIT {rows}))"
    ).format(raw=raw_table(job), rows=_SAMPLE_ROWS, share=share)


def with_type(
    item: Destination, known: Mapping[str, str], inferred: Mapping[int, str]
) -> Destination:
    """Give an extra that has no type the one that is known or else inferred."""
    if item.type:
        return item
    found = known.get(item.name) or inferred.get(item.index) or "string"
    return replace(item, type=found)


def _near(judged: _Judged) -> list[Candidate]:
    """List the stricter types that break some values, but at most half of them.

    A wider type is listed only when it breaks fewer: what is nearly a date is nearly
    a timestamp too.
    """
    found: list[Candidate] = []
    fewest: dict[int, int] = {}
    for (index, kind), count in judged.broken.items():
        stricter = itertools.takewhile(judged.type_of(index).__ne__, _TYPES)
        limit = fewest.get(index, judged.filled[index] // 2 + 1)
        if kind in stricter and 0 < count < limit:
            found.append((index, kind))
            fewest[index] = count
    return found


def _broken_values(
    judged: _Judged, near: list[Candidate]
) -> dict[Candidate, list[dict[str, Any]]]:
    values: dict[Candidate, list[dict[str, Any]]] = {pair: [] for pair in near}
    if not near:
        return values
    pairs = comma(
        sql.SQL("({}, {}, {})").format(
            sql.Literal(place),
            cell(index),
            _breaks(kind, cell(index), judged.readings[index]),
        )
        for place, (index, kind) in enumerate(near)
    )
    used = {index for index, _ in near}
    query = sql.SQL(
        "SELECT place, value, line, rows FROM (SELECT place, left(value, {length})"
        " AS value, min(line) AS line, count(*) AS rows, row_number() OVER"
        " (PARTITION BY place ORDER BY count(*) DESC, min(line)) AS rank"
        " FROM {rows} CROSS JOIN LATERAL (VALUES {pairs}) AS tested (place, value,"
        " breaks) WHERE breaks GROUP BY place, left(value, {length})) AS ranked"
        " WHERE rank <= {limit} ORDER BY place, rank"
    ).format(
        length=sql.Literal(_VALUE_SHOWN),
        rows=judged.cleaned(judged.rows, sorted(used), used),
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
    # What does not begin with a digit need not be looked at any closer.
    return sql.SQL(
        "({0} IS NOT NULL AND (ascii({0}) NOT BETWEEN 48 AND 57 OR {1} IS NULL))"
    ).format(value, cast_sql(kind, value, reading))

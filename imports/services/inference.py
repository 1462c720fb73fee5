"""Which type a column has, judged over the whole column by the database.

A type that fails in the first rows is not tried on the rest, so a column of texts
costs next to nothing; what survives is tested on every value.
"""

from collections.abc import Mapping
from dataclasses import replace

from psycopg import sql

from imports.database import comma, fetch, fetch_value
from imports.models import ImportJob
from imports.services.casts import Reading, cast_sql, clean_sql
from imports.services.mapping import Destination
from imports.services.staging import cell, raw_table
from imports.targets import NULL_WORD

_FIRST_ROWS = 2000
# Narrower than the casts: a leading zero or an exponent may be part of an ID, and
# 0 and 1 are numbers until someone says otherwise.
_PLAIN_NUMBER = r"^-?(0|[1-9]\d{0,17})(\.\d{1,15})?$"
_PLAIN_NUMBER_COMMA = r"^-?(0|[1-9]\d{0,17})(,\d{1,15})?$"
_TYPES = ("boolean", "numeric", "date", "timestamp", "array")


def infer_types(
    job: ImportJob, indexes: list[int], reading: Reading
) -> dict[int, str | None]:
    """Return the narrowest type of each column; None when the column is empty."""
    sample = sql.SQL("(SELECT * FROM {} LIMIT {})").format(
        raw_table(job), sql.Literal(_FIRST_ROWS)
    )
    candidates = [(index, kind) for index in indexes for kind in _TYPES]
    survivors = _holding(sample, candidates, reading)
    held = _holding(raw_table(job), survivors, reading)
    filled = _filled(raw_table(job), indexes, reading)
    return {
        index: _first(index, held) if index in filled else None for index in indexes
    }


def with_type(
    item: Destination, known: Mapping[str, str], inferred: Mapping[int, str | None]
) -> Destination:
    """Give an extra that has no type the one that is known or else inferred."""
    if item.type:
        return item
    found = known.get(item.name) or inferred.get(item.index) or "string"
    return replace(item, type=found)


def _first(index: int, held: list[tuple[int, str]]) -> str:
    return next((kind for place, kind in held if place == index), "string")


def _holding(
    rows: sql.Composable, candidates: list[tuple[int, str]], reading: Reading
) -> list[tuple[int, str]]:
    """Keep the candidates (column, type) that no value contradicts."""
    if not candidates:
        return []
    tests = [
        sql.SQL("bool_and({}) FILTER (WHERE {} <> {})").format(
            _test(kind, clean_sql(cell(index), reading), reading),
            clean_sql(cell(index), reading),
            sql.Literal(NULL_WORD),
        )
        for index, kind in candidates
    ]
    query = sql.SQL("SELECT {} FROM {} AS sampled").format(comma(tests), rows)
    results = fetch(query)[0]
    return [
        candidate
        for candidate, result in zip(candidates, results, strict=True)
        if result is not False
    ]


def _test(kind: str, value: sql.Composable, reading: Reading) -> sql.Composable:
    if kind == "boolean":
        return sql.SQL("lower({}) IN ('true', 'false', 'yes', 'no')").format(value)
    if kind == "numeric":
        pattern = _PLAIN_NUMBER_COMMA if reading.decimal_comma else _PLAIN_NUMBER
        return sql.SQL("{} ~ {}").format(value, sql.Literal(pattern))
    if kind == "array":
        return sql.SQL("left({0}, 1) = '[' AND {1} IS NOT NULL").format(
            value, cast_sql("array", value, reading)
        )
    return sql.SQL("{} IS NOT NULL").format(cast_sql(kind, value, reading))


def _filled(rows: sql.Composable, indexes: list[int], reading: Reading) -> set[int]:
    filled = set()
    for index in indexes:
        query = sql.SQL("SELECT EXISTS (SELECT FROM {} WHERE {} IS NOT NULL)").format(
            rows, clean_sql(cell(index), reading)
        )
        if fetch_value(query):
            filled.add(index)
    return filled

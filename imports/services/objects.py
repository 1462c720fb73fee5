"""JSON objects that a row's extras and flags are gathered in, as expressions of SQL."""

from collections.abc import Iterable
from itertools import islice

from psycopg import sql

from imports.database import comma
from imports.targets import NULL_WORD

PAIRS_PER_CALL = 40  # a function takes at most 100 arguments

Pairs = Iterable[tuple[str, sql.Composable]]


def json_objects(pairs: Pairs) -> list[sql.Composable]:
    """Build jsonb objects without the pairs whose value is missing."""
    parts: list[sql.Composable] = []
    source = iter(pairs)
    while chunk := list(islice(source, PAIRS_PER_CALL)):
        arguments = comma(
            sql.SQL("{}, {}").format(sql.Literal(name), value) for name, value in chunk
        )
        parts.append(
            sql.SQL("jsonb_strip_nulls(jsonb_build_object({}))").format(arguments)
        )
    return parts


def cleared_object(cells: Pairs) -> sql.Composable:
    """Build the object of what is to be cleared: the names, with JSON null."""
    pairs = list(cells)
    named = comma(
        sql.SQL("({}, {})").format(sql.Literal(name), value) for name, value in pairs
    )
    return sql.SQL(
        "CASE WHEN {null} IN ({cells}) THEN (SELECT jsonb_object_agg(name, NULL::text)"
        " FROM (VALUES {named}) AS cleared (name, cell) WHERE cell = {null})"
        " ELSE '{{}}' END"
    ).format(
        null=sql.Literal(NULL_WORD),
        cells=comma(value for _, value in pairs),
        named=named,
    )

"""By what a row that is appended is known again, so that it is there once."""

from psycopg import sql

from imports.database import comma
from imports.services.objects import PAIRS_PER_CALL
from imports.targets import Target


def external_identity(
    target: Target, external_id: sql.Composable, own: sql.Composable
) -> sql.Composable:
    """The identity of a row by its external ID, or else its `own`."""
    return sql.SQL(
        "CASE WHEN {0} IS NOT NULL THEN md5({1} || {0})::uuid ELSE {2} END"
    ).format(external_id, sql.Literal(f"{target.name}:"), own)


def content_identity(
    parts: list[sql.Composable], extras: list[sql.Composable]
) -> sql.Composable:
    """The identity of a row by its content, and its ordinal among equal rows.

    Equal values have one spelling in `parts` and in `extras`, which are pairs.
    """
    # A function takes only so many arguments.
    chunks = [parts + extras[:PAIRS_PER_CALL]]
    chunks += [
        extras[start : start + PAIRS_PER_CALL]
        for start in range(PAIRS_PER_CALL, len(extras), PAIRS_PER_CALL)
    ]
    arrays = (sql.SQL("jsonb_build_array({})").format(comma(chunk)) for chunk in chunks)
    return sql.SQL(
        "md5(jsonb_build_array({content}, row_number() OVER"
        " (PARTITION BY md5({content}::text) ORDER BY line))::text)::uuid"
    ).format(content=sql.SQL("({})").format(sql.SQL(" || ").join(arrays)))

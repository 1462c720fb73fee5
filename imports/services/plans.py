"""The plan: what is to be done with each cast row, in one temporary table."""

from dataclasses import dataclass

from psycopg import sql

from imports.database import comma, execute, fetch
from imports.targets import Context, Relation, Target

PLAN_COLUMNS = (
    "line",
    "subject_id",
    "owner_id",
    "action",
    "problem_column",
    "problem",
    "value",
)
PLAN = sql.SQL("pg_temp.ingest_plan")


@dataclass(frozen=True)
class Counts:
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0


def make_plan(
    target: Target,
    rows: Relation,
    context: Context,
    *,
    numbered: bool = True,
    analyze: bool = True,
) -> None:
    """Fill the temporary plan for `rows`; it lives as long as the transaction.

    `numbered`: what is to be created has its id already, as a run needs and a check
    does not.
    """
    execute(
        sql.SQL(
            "CREATE TEMP TABLE IF NOT EXISTS ingest_plan (line bigint, subject_id"
            " bigint, owner_id bigint, action text, problem_column text, problem text,"
            " value jsonb)"
            " ON COMMIT DELETE ROWS"
        )
    )
    execute(sql.SQL("DELETE FROM {}").format(PLAN))
    # In the order of the lines, so that new rows get their ids in that order.
    query = sql.SQL("INSERT INTO {} SELECT {} FROM ({}) AS planned ORDER BY line")
    columns = comma(
        _number(target.table)
        if numbered and target.table and name == "subject_id"
        else sql.Identifier(name)
        for name in PLAN_COLUMNS
    )
    execute(query.format(PLAN, columns, target.plan(rows, context)))
    if analyze:
        execute(sql.SQL("ANALYZE {}").format(PLAN))


def _number(table: str) -> sql.Composable:
    # The sequence is looked up once by a query of its own, not for each row.
    return sql.SQL(
        "CASE WHEN action = 'create' THEN"
        " nextval((SELECT pg_get_serial_sequence({}, 'id')::regclass))"
        " ELSE subject_id END"
    ).format(sql.Literal(table))


def count_plan() -> Counts:
    """Count the plan by action."""
    query = sql.SQL("SELECT action, count(*) FROM {} GROUP BY action").format(PLAN)
    counted = dict(fetch(query))
    return Counts(
        created=counted.get("create", 0),
        updated=counted.get("update", 0),
        unchanged=counted.get("unchanged", 0),
        rejected=counted.get("reject", 0),
    )

"""One batch of an undo: what was changed since is told apart, the rest is reverted."""

from dataclasses import dataclass

from psycopg import sql

from imports.database import execute, fetch, fetch_value
from imports.targets import Relation, Undo, UndoContext

BATCH = sql.SQL("pg_temp.undo_batch")
TOUCHED = sql.SQL("pg_temp.undo_touched")
_CREATE = (
    "CREATE TEMP TABLE IF NOT EXISTS undo_batch (line bigint, subject_id bigint,"
    " owner_id bigint, action text, written_at timestamptz, old jsonb, new jsonb)"
    " ON COMMIT DELETE ROWS",
    "CREATE TEMP TABLE IF NOT EXISTS undo_touched (line bigint, who text,"
    " field text, imported text, now text, reason text) ON COMMIT DELETE ROWS",
    "DELETE FROM pg_temp.undo_batch",
    "DELETE FROM pg_temp.undo_touched",
)
_FILL = """
INSERT INTO {batch}
SELECT line, subject_id, owner_id, action, written_at, old, new FROM {changes}
WHERE action = {action} AND line < {before} ORDER BY line DESC LIMIT {size}
"""
# In the order of their ids, so that two writers cannot block each other for good.
_LOCK = """
SELECT count(*) FROM (SELECT id FROM {table}
WHERE id IN (SELECT subject_id FROM {batch}) ORDER BY id FOR UPDATE) AS locked
"""
_GONE = """
DELETE FROM {batch} AS b WHERE action <> 'remove'
AND NOT EXISTS (SELECT FROM {table} AS t WHERE t.id = b.subject_id)
"""
# Of an update the other values can still go back; a row stays as a whole.
_SPARE = """
UPDATE {batch} AS b SET new = b.new - t.fields FROM (
    SELECT line, array_agg(field) AS fields FROM {touched} GROUP BY line) AS t
WHERE t.line = b.line AND b.action = 'update'
"""
_SPARE_WHOLE = """
DELETE FROM {batch} AS b WHERE new = '{{}}' OR (b.action <> 'update'
AND EXISTS (SELECT FROM {touched} AS t WHERE t.line = b.line))
"""


@dataclass(frozen=True)
class Batch:
    """What became of a batch: the lowest line of it (None: there was nothing left),
    how many of its rows were found, gone, and could be reverted, and how many of its
    rows and values later changes touched."""

    lowest: int | None
    found: int = 0
    gone: int = 0
    reverted: int = 0
    touched: int = 0


def plan_batch(
    undo: Undo, context: UndoContext, action: str, before: int, size: int
) -> Batch:
    """Take the changes of one action in front of a line, the last ones first.

    Afterwards their subjects are locked, TOUCHED holds what later changes touched
    and BATCH what can be reverted.
    """
    for statement in _CREATE:
        execute(sql.SQL(statement))
    names = {
        "batch": BATCH,
        "touched": TOUCHED,
        "table": sql.Identifier(undo.table),
        "changes": context.changes,
        "action": sql.Literal(action),
        "before": sql.Literal(before),
        "size": sql.Literal(size),
    }
    found = execute(sql.SQL(_FILL).format(**names))
    if not found:
        return Batch(None)
    lowest = fetch_value(sql.SQL("SELECT min(line) FROM {}").format(BATCH))
    execute(sql.SQL("ANALYZE {}").format(BATCH))
    fetch(sql.SQL(_LOCK).format(**names))
    gone = execute(sql.SQL(_GONE).format(**names))
    touched = 0
    if undo.conflicts is not None:
        query = undo.conflicts(BATCH, context)
        touched = execute(sql.SQL("INSERT INTO {} {}").format(TOUCHED, query))
    if touched:
        execute(sql.SQL(_SPARE).format(**names))
        execute(sql.SQL(_SPARE_WHOLE).format(**names))
    reverted = fetch_value(sql.SQL("SELECT count(*) FROM {}").format(BATCH))
    return Batch(lowest, found, gone, reverted, touched)


def deleting(table: str) -> Undo:
    """Undo rows that were only ever added to a table: delete them by their ids."""

    def delete(changes: Relation, context: UndoContext) -> None:
        execute(
            sql.SQL(
                "DELETE FROM {} AS t USING {} AS c WHERE t.id = c.subject_id"
            ).format(sql.Identifier(table), changes)
        )

    return Undo(table=table, revert=delete)


def door_sql(door: str, ids: sql.Composable, context: UndoContext) -> sql.Composable:
    """Call a function of the database that removes rows of `ids` and records it."""
    return sql.SQL("SELECT {}(ARRAY({}), {}, {})").format(
        sql.Identifier(door), ids, sql.Literal(context.reason), sql.Literal(context.by)
    )

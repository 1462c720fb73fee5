"""The change-set: what an import created and changed, so that it can be undone.

Each job has a partition of `import_changes` of its own, so that forgetting it is a
DROP. Rows are written by the targets, in the transaction of their batch.
"""

from psycopg import sql

from imports.database import execute, fetch_value
from imports.models import ImportJob
from imports.services.plans import PLAN
from imports.targets import Context


def changes_table(job: ImportJob) -> sql.Identifier:
    """Return the name of the job's own partition."""
    return sql.Identifier(f"import_changes_{job.pk}")


def open_changes(job: ImportJob) -> None:
    """Make the job's partition, unless it is there."""
    if has_changes(job):
        return
    # Made apart and attached, which lets other imports go on meanwhile; rows are
    # written into the partition itself, whose own default says which job they are of.
    table, key = changes_table(job), sql.Literal(job.pk)
    for statement in (
        "CREATE TABLE {table} (LIKE import_changes)",
        "ALTER TABLE {table} ALTER job_id SET DEFAULT {key}",
        "ALTER TABLE import_changes ATTACH PARTITION {table} FOR VALUES IN ({key})",
    ):
        execute(sql.SQL(statement).format(table=table, key=key))


def has_changes(job: ImportJob) -> bool:
    """Tell whether the job's change-set is still kept."""
    name = sql.Literal(changes_table(job).as_string(None))
    return bool(fetch_value(sql.SQL("SELECT to_regclass({}) IS NOT NULL").format(name)))


def record_changes(context: Context, query: sql.Composable) -> int:
    """Keep a SELECT of (line, subject_id, owner_id, action, old, new), if asked to.

    `action` is "create" (old and new are NULL), "update" or "remove". For an update
    `new` holds the values that the import wrote under the names of what it changed,
    fields by name and attributes as "attributes.NAME" (JSON null: cleared), and `old`
    what stood there, with whatever else the target needs to put it back; for a
    removal `old` is all that went. Returns how many.
    """
    if context.changes is None:
        return 0
    return execute(
        sql.SQL(
            "INSERT INTO {} (line, subject_id, owner_id, action, old, new, written_at)"
            " SELECT line, subject_id, owner_id, action, old, new, now()"
            " FROM ({}) AS changed (line, subject_id, owner_id, action, old, new)"
        ).format(context.changes, query)
    )


def record_created(context: Context) -> int:
    """Keep the rows that the plan creates; it must hold their ids by now."""
    return record_changes(context, _CREATED)


_CREATED = sql.SQL(
    "SELECT line, subject_id, owner_id, 'create', NULL::jsonb, NULL::jsonb"
    " FROM {} WHERE action = 'create'"
).format(PLAN)


def drop_changes(job: ImportJob) -> None:
    """Forget what the job changed; it can then no longer be undone."""
    execute(sql.SQL("DROP TABLE IF EXISTS {}").format(changes_table(job)))

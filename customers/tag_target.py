"""What can be imported into tags: words put on customers, or taken off them."""

from psycopg import sql

from customers.import_targets import REFERENCE
from customers.services.identity import referenced_sql
from customers.services.tags import MAX_TAG, put_tags_sql
from imports.database import execute
from imports.services.changes import record_changes
from imports.services.plans import PLAN
from imports.services.reverting import deleting
from imports.targets import (
    Context,
    Field,
    Relation,
    Target,
    Undo,
    UndoContext,
    register,
)

ADD, REMOVE = "add", "remove"

_PLAN = """
WITH placed AS (
    SELECT r.line, r.tag, coalesce(r.action, 'add') AS wish, w.customer_id,
           w.problem_column, w.problem,
           first_value(r.line) OVER same AS first_line,
           first_value(coalesce(r.action, 'add')) OVER same AS first_wish
    FROM {rows} AS r JOIN ({referenced}) AS w ON w.line = r.line
    WINDOW same AS (PARTITION BY w.customer_id, r.tag ORDER BY r.line)
)
SELECT p.line, known.id AS subject_id, p.customer_id AS owner_id,
       CASE WHEN problem IS NOT NULL OR wish <> first_wish THEN 'reject'
            WHEN line > first_line OR (known.id IS NULL) = (wish = 'remove')
            THEN 'unchanged'
            WHEN wish = 'add' THEN 'create' ELSE 'update' END AS action,
       CASE WHEN problem IS NOT NULL THEN problem_column ELSE 'action' END
           AS problem_column,
       coalesce(problem, 'Line ' || first_line || ' says the opposite about this tag.')
           AS problem,
       to_jsonb(p.tag) AS value
FROM placed AS p
LEFT JOIN member_tags AS known ON known.member_id = p.customer_id AND known.tag = p.tag
"""


def plan_tags(rows: Relation, context: Context) -> sql.Composable:
    return sql.SQL(_PLAN).format(rows=rows, referenced=referenced_sql(rows))


def apply_tags(rows: Relation, context: Context) -> dict[str, int]:
    execute(
        sql.SQL(
            "UPDATE {} SET subject_id = nextval(pg_get_serial_sequence('member_tags',"
            " 'id')) WHERE action = 'create'"
        ).format(PLAN)
    )
    starts_workflows = context.is_live or context.may_start_workflows
    execute(
        put_tags_sql(
            sql.SQL(
                "SELECT subject_id, owner_id, value #>> '{{}}' FROM {}"
                " WHERE action = 'create' ORDER BY owner_id"
            ).format(PLAN),
            is_told=starts_workflows,
        )
    )
    execute(_SETTLE.format(PLAN))
    record_changes(context, _CHANGED.format(PLAN))
    execute(
        sql.SQL(
            "DELETE FROM member_tags USING {} AS p"
            " WHERE p.action = 'update' AND member_tags.id = p.subject_id"
        ).format(PLAN)
    )
    return {}


# What another writer added since the plan was made.
_SETTLE = sql.SQL(
    "UPDATE {} AS p SET action = 'unchanged', subject_id = known.id"
    " FROM member_tags AS known WHERE p.action = 'create'"
    " AND known.member_id = p.owner_id AND known.tag = p.value #>> '{{}}'"
    " AND known.id <> p.subject_id"
)
# What was taken off is kept as it stood.
_CHANGED = sql.SQL(
    "SELECT p.line, p.subject_id, p.owner_id,"
    " CASE p.action WHEN 'create' THEN 'create' ELSE 'remove' END,"
    " CASE p.action WHEN 'update' THEN to_jsonb(known) END, NULL::jsonb"
    " FROM {} AS p LEFT JOIN member_tags AS known ON known.id = p.subject_id"
    " WHERE p.action IN ('create', 'update')"
)


def tags_heard(rows: Relation) -> sql.Composable:
    """SELECT how many of the planned tags somebody subscribed to."""
    return sql.SQL(
        "SELECT count(*) FROM {} AS p WHERE p.action = 'create' AND EXISTS (SELECT FROM"
        " event_subscriptions AS s WHERE s.kind = 'tag'"
        " AND s.name IN ('', p.value #>> '{{}}'))"
    ).format(PLAN)


def revert_tags(changes: Relation, context: UndoContext) -> None:
    """Take off the tags that were put on, and put back those that were taken off."""
    deleting("member_tags").revert(changes, context)
    execute(_PUT_BACK.format(changes))


_PUT_BACK = sql.SQL(
    "INSERT INTO member_tags (id, member_id, tag, assigned_at)"
    " SELECT subject_id, owner_id, old ->> 'tag', (old ->> 'assigned_at')::timestamptz"
    " FROM {} AS c WHERE action = 'remove'"
    " AND EXISTS (SELECT FROM customers WHERE id = owner_id) ON CONFLICT DO NOTHING"
)


TAGS = register(
    Target(
        name="tags",
        label="tags",
        fields=(
            *REFERENCE,
            Field("tag", label="Tag", required=True, max_length=MAX_TAG),
            Field("action", label="Add or remove", choices=(ADD, REMOVE)),
        ),
        plan=plan_tags,
        apply=apply_tags,
        undo=Undo(table="member_tags", revert=revert_tags),
        heard=tags_heard,
    )
)

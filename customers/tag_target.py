"""What can be imported into tags: words put on customers, or taken off them."""

from psycopg import sql

from customers.import_targets import REFERENCE
from customers.services.identity import referenced_sql
from customers.services.tags import MAX_TAG, put_tags_sql
from imports.database import execute
from imports.services.changes import record_changes
from imports.services.plans import PLAN
from imports.targets import Context, Field, Relation, Target, register

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
    "SELECT p.line, p.subject_id, p.owner_id, p.action,"
    " CASE WHEN p.action = 'update' THEN jsonb_build_object("
    "'tag', known.tag, 'assigned_at', known.assigned_at) END,"
    " CASE WHEN p.action = 'update' THEN jsonb_build_object('tag', NULL) END"
    " FROM {} AS p LEFT JOIN member_tags AS known ON known.id = p.subject_id"
    " WHERE p.action IN ('create', 'update')"
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
    )
)

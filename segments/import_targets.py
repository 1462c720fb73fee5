"""What can be imported into segments: the lists of manual ones."""

from psycopg import sql

from customers.import_targets import REFERENCE
from customers.services.identity import referenced_sql
from imports.database import execute
from imports.services.changes import record_created
from imports.services.plans import PLAN
from imports.services.reverting import deleting
from imports.targets import Context, Field, Relation, Target, register

_PLAN_MEMBERS = """
SELECT r.line, w.customer_id AS subject_id, w.customer_id AS owner_id,
       CASE WHEN w.problem IS NOT NULL OR s.id IS NULL OR s.type <> 'manual'
                 OR r.line > min(r.line) OVER (PARTITION BY s.id, w.customer_id)
            THEN 'reject' WHEN m.id IS NULL THEN 'create' ELSE 'unchanged' END AS action,
       CASE WHEN w.problem IS NOT NULL THEN w.problem_column
            WHEN s.id IS NULL OR s.type <> 'manual' THEN 'segment'
            ELSE w.problem_column END AS problem_column,
       CASE WHEN w.problem IS NOT NULL THEN w.problem
            WHEN s.id IS NULL THEN 'There is no segment of this name.'
            WHEN s.type <> 'manual' THEN 'This segment finds its customers by itself.'
            ELSE 'The same customer stands in line '
                 || min(r.line) OVER (PARTITION BY s.id, w.customer_id) || ' already.'
       END AS problem,
       to_jsonb(s.id) AS value
FROM {rows} AS r
JOIN ({referenced}) AS w ON w.line = r.line
LEFT JOIN customer_segments AS s ON s.name = r.segment
LEFT JOIN customer_segment_customer_list AS m
    ON m.customer_segment_id = s.id AND m.customer_id = w.customer_id
"""


def plan_members(rows: Relation, context: Context) -> sql.Composable:
    """Decide for each row whether its customer comes onto the segment's list."""
    return sql.SQL(_PLAN_MEMBERS).format(rows=rows, referenced=referenced_sql(rows))


_NUMBER = """
UPDATE {plan} SET subject_id = nextval(pg_get_serial_sequence(
    'customer_segment_customer_list', 'id'))
WHERE action = 'create'
"""
_INSERT = """
INSERT INTO customer_segment_customer_list (id, customer_segment_id, customer_id)
SELECT subject_id, value::bigint, owner_id FROM {plan} WHERE action = 'create'
ON CONFLICT DO NOTHING
"""
# Whom another writer has put onto the list meanwhile is not of this file's making.
_SETTLE = """
UPDATE {plan} AS p SET action = 'unchanged'
WHERE action = 'create' AND NOT EXISTS (
    SELECT FROM customer_segment_customer_list AS m WHERE m.id = p.subject_id)
"""


def apply_members(rows: Relation, context: Context) -> dict[str, int]:
    """Put the customers onto the lists."""
    for statement in (_NUMBER, _INSERT, _SETTLE):
        execute(sql.SQL(statement).format(plan=PLAN))
    record_created(context)
    return {}


SEGMENT_MEMBERS = register(
    Target(
        name="segment_members",
        label="customers of manual segments",
        fields=(
            *REFERENCE,
            Field("segment", label="Segment", required=True, max_length=200),
        ),
        plan=plan_members,
        apply=apply_members,
        undo=deleting("customer_segment_customer_list"),
    )
)

"""What can be imported into messaging: addresses that nothing is sent to."""

from psycopg import sql

from imports.database import execute
from imports.services.changes import record_created
from imports.services.plans import PLAN
from imports.services.reverting import deleting
from imports.targets import Context, Field, Relation, Target, register
from messaging.models import Suppression

_PLAN = """
SELECT r.line, known.id AS subject_id, NULL::bigint AS owner_id,
       CASE WHEN known.id IS NOT NULL OR row_number() OVER (
                PARTITION BY lower(r.email) ORDER BY r.line) > 1
            THEN 'unchanged' ELSE 'create' END AS action,
       NULL AS problem_column, NULL AS problem, NULL::jsonb AS value
FROM {rows} AS r
LEFT JOIN suppressions AS known ON lower(known.email) = lower(r.email)
"""
# The first reason for which an address is on the list stays.
_INSERT = """
INSERT INTO suppressions (id, email, reason, detail)
SELECT p.subject_id, r.email, coalesce(r.reason, {manual}),
       coalesce(r.detail, {source})
FROM {plan} AS p JOIN {rows} AS r ON r.line = p.line
WHERE p.action = 'create' ORDER BY lower(r.email)
ON CONFLICT DO NOTHING
"""
# What another writer added since the plan was made.
_SETTLE = """
UPDATE {plan} AS p SET action = 'unchanged', subject_id = known.id
FROM {rows} AS r JOIN suppressions AS known ON lower(known.email) = lower(r.email)
WHERE r.line = p.line AND p.subject_id IS DISTINCT FROM known.id
"""


def plan_suppressions(rows: Relation, context: Context) -> sql.Composable:
    return sql.SQL(_PLAN).format(rows=rows)


def apply_suppressions(rows: Relation, context: Context) -> dict[str, int]:
    execute(
        sql.SQL(
            "UPDATE {} SET subject_id = nextval(pg_get_serial_sequence('suppressions',"
            " 'id')) WHERE action = 'create'"
        ).format(PLAN)
    )
    execute(
        sql.SQL(_INSERT).format(
            plan=PLAN,
            rows=rows,
            manual=sql.Literal(Suppression.Reason.MANUAL.value),
            source=sql.Literal(context.source),
        )
    )
    execute(sql.SQL(_SETTLE).format(plan=PLAN, rows=rows))
    record_created(context)
    return {}


SUPPRESSIONS = register(
    Target(
        name="suppressions",
        label="suppressed addresses",
        fields=(
            Field(
                "email",
                cast="email",
                label="E-mail",
                required=True,
                max_length=320,
                aliases=("e_mail", "email_address", "address", "mail"),
            ),
            Field("reason", label="Reason", choices=tuple(Suppression.Reason.values)),
            Field("detail", label="Detail", max_length=1_000),
        ),
        plan=plan_suppressions,
        apply=apply_suppressions,
        undo=deleting("suppressions"),
        identified_by=("email",),
    )
)

"""What other systems publish about members: offers, and bookings of credits.

Both are appended. A row with an external_id that is known changes nothing, whether it
came before or stands earlier among the same rows; a row of a file without one is known
by its content and its place among equal rows.
"""

from collections.abc import Callable
from dataclasses import replace

from psycopg import sql

from customers.import_targets import REFERENCE
from customers.services.identity import referenced_sql
from imports.database import comma, execute
from imports.services.changes import record_changes
from imports.services.plans import PLAN
from imports.services.reverting import deleting
from imports.targets import Context, Field, Relation, Target, UndoContext, register

_PLAN = """
SELECT r.line, known.id AS subject_id, w.customer_id AS owner_id,
       CASE WHEN w.problem IS NOT NULL OR {is_too_large} THEN 'reject'
            WHEN known.id IS NOT NULL OR (r.external_id IS NOT NULL AND row_number()
                OVER (PARTITION BY r.external_id ORDER BY r.line) > 1) THEN 'unchanged'
            ELSE 'create' END AS action,
       CASE WHEN w.problem IS NULL THEN 'amount' ELSE w.problem_column END
           AS problem_column,
       coalesce(w.problem, 'This amount is too large.') AS problem, NULL::jsonb AS value
FROM {rows} AS r
JOIN ({referenced}) AS w ON w.line = r.line
LEFT JOIN {table} AS known ON known.source_key = {key}
"""
_INSERT = """
INSERT INTO {table} (id, member_id, {columns}, source_key)
SELECT p.subject_id, p.owner_id, {values}, {key}
FROM {plan} AS p JOIN {rows} AS r ON r.line = p.line
WHERE p.action = 'create' ORDER BY p.subject_id
ON CONFLICT (source_key) DO NOTHING
"""
# What stood there twice, or was added by another writer since the plan.
_SETTLE = """
UPDATE {plan} AS p SET action = 'unchanged', subject_id = known.id
FROM {rows} AS r JOIN {table} AS known ON known.source_key = {key}
WHERE r.line = p.line AND p.action <> 'reject'
  AND p.subject_id IS DISTINCT FROM known.id
"""
_ADDED = sql.SQL(
    "SELECT line, subject_id, owner_id, 'create', NULL::jsonb, NULL::jsonb"
    " FROM {} WHERE action = 'create'"
)
# Keys of workflow steps stand in the same column under other prefixes.
_KEY = "coalesce('external:' || r.external_id, {content})"


def _key(context: Context) -> sql.Composable:
    content = "NULL" if context.is_live else "'content:' || r.identity"
    return sql.SQL(_KEY).format(content=sql.SQL(content))


def _planner(
    table: str, is_too_large: str = "false"
) -> Callable[[Relation, Context], sql.Composable]:
    def plan(rows: Relation, context: Context) -> sql.Composable:
        return sql.SQL(_PLAN).format(
            rows=rows,
            referenced=referenced_sql(rows),
            table=sql.Identifier(table),
            key=_key(context),
            is_too_large=sql.SQL(is_too_large),
        )

    return plan


def _applier(
    table: str, values: dict[str, str]
) -> Callable[[Relation, Context], dict[str, int]]:
    def apply(rows: Relation, context: Context) -> dict[str, int]:
        parts = {
            "table": sql.Identifier(table),
            "key": _key(context),
            "plan": PLAN,
            "rows": rows,
        }
        execute(
            sql.SQL(_INSERT).format(
                **parts,
                columns=comma(sql.Identifier(name) for name in values),
                values=comma(sql.SQL(value) for value in values.values()),
            )
        )
        execute(sql.SQL(_SETTLE).format(**parts))
        record_changes(context, _ADDED.format(PLAN))
        return {}

    return apply


_USED = """
SELECT b.line, coalesce(c.lms_lead_id, NULLIF(c.email, '')) AS who, '' AS field,
       o.offer_code AS imported, '' AS now, {since} AS reason
FROM {batch} AS b JOIN member_offers AS o ON o.id = b.subject_id
LEFT JOIN customers AS c ON c.id = b.owner_id WHERE o.is_used
"""


def offers_used(changes: Relation, context: UndoContext) -> sql.Composable:
    """SELECT the imported offers that their customers used since."""
    since = sql.Literal("The customer used this offer since then.")
    return sql.SQL(_USED).format(batch=changes, since=since)


_REFERENCED = tuple(field.name for field in REFERENCE)

OFFERS = register(
    Target(
        name="offers",
        label="offers",
        table="member_offers",
        fields=(
            *REFERENCE,
            Field(
                "offer_code",
                label="Offer code",
                required=True,
                max_length=100,
                aliases=("offer", "code"),
            ),
            Field("description", label="Description", max_length=10_000),
            Field(
                "expiry_date",
                cast="date",
                label="Expiry date",
                aliases=("expires", "valid_until"),
            ),
            Field("external_id", label="External ID", max_length=180),
        ),
        plan=_planner("member_offers"),
        apply=_applier(
            "member_offers",
            {
                "offer_code": "r.offer_code",
                "description": "coalesce(r.description, '')",
                "expiry_date": "r.expiry_date",
                "is_used": "false",
            },
        ),
        undo=replace(deleting("member_offers"), conflicts=offers_used),
        identity=(*_REFERENCED, "offer_code", "description", "expiry_date"),
    )
)
CREDITS = register(
    Target(
        name="credits",
        label="credits",
        table="credit_entries",
        fields=(
            *REFERENCE,
            Field("amount", cast="amount", label="Amount", required=True),
            Field("reason", label="Reason", max_length=10_000),
            Field("external_id", label="External ID", max_length=180),
        ),
        plan=_planner("credit_entries", "abs(r.amount) >= 1e10"),
        apply=_applier(
            "credit_entries",
            {"amount": "r.amount", "reason": "coalesce(r.reason, '')"},
        ),
        undo=deleting("credit_entries"),
        identity=(*_REFERENCED, "amount", "reason"),
    )
)

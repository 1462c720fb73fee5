"""What an import changes of customers: the old values beside the new ones."""

from psycopg import sql

from imports.database import comma
from imports.services.plans import PLAN
from imports.targets import Relation

TEXTS = ("first_name", "last_name", "email", "mobile", "timezone")

# Beside the old values stand the dates of each attribute ("dates.NAME") and the
# customer's own date, which an undo puts back as well.
_CUSTOMERS = """
SELECT p.line, p.subject_id, p.subject_id, 'update',
       fixed.old || extra.old || jsonb_build_object('updated_date', customers.updated_date),
       fixed.new || extra.new
FROM {plan} AS p JOIN {rows} AS r ON r.line = p.line
JOIN customers ON customers.id = p.subject_id
LEFT JOIN customer_attribute_dates AS kept ON kept.customer_id = customers.id
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_object_agg(field, old), '{{}}') AS old,
           coalesce(jsonb_object_agg(field, new), '{{}}') AS new
    FROM (VALUES {pairs}) AS pair (field, old, new)
    WHERE new IS NOT NULL AND new IS DISTINCT FROM old
) AS fixed
CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_object_agg('attributes.' || key, customers.attributes -> key),
                    '{{}}')
           || coalesce(jsonb_object_agg('dates.' || key, kept.dates -> key), '{{}}')
           AS old,
           coalesce(jsonb_object_agg('attributes.' || key, value), '{{}}') AS new
    FROM jsonb_each(r.extra)
    WHERE customers.attributes -> key IS DISTINCT FROM NULLIF(value, 'null')
) AS extra
WHERE p.action = 'update'
"""
_ATTRIBUTES = """
SELECT p.line, p.owner_id, p.owner_id, 'update',
       jsonb_build_object('attributes.' || r.field_name,
           customers.attributes -> r.field_name,
           'dates.' || r.field_name, kept.dates -> r.field_name,
           'updated_date', customers.updated_date),
       jsonb_build_object('attributes.' || r.field_name, p.value)
FROM {plan} AS p JOIN {rows} AS r ON r.line = p.line
JOIN customers ON customers.id = p.owner_id
LEFT JOIN customer_attribute_dates AS kept ON kept.customer_id = customers.id
WHERE p.action IN ('create', 'update')
"""


def customer_updates(rows: Relation) -> sql.Composable:
    """SELECT the change of each customer that planned rows of customers update."""
    pairs = [
        sql.SQL("({}, to_jsonb(customers.{}), to_jsonb({}))").format(
            sql.Literal(name), sql.Identifier(name), sql.SQL(new)
        )
        for name, new in (
            ("lms_lead_id", "coalesce(customers.lms_lead_id, r.lms_lead_id)"),
            *((name, f"r.{name}") for name in (*TEXTS, "created_date")),
        )
    ]
    return sql.SQL(_CUSTOMERS).format(plan=PLAN, rows=rows, pairs=comma(pairs))


def attribute_updates(rows: Relation) -> sql.Composable:
    """SELECT the change of each attribute that planned rows of attributes write."""
    return sql.SQL(_ATTRIBUTES).format(plan=PLAN, rows=rows)

"""Taking back what an import did to customers."""

from collections.abc import Iterator
from typing import Any

from django.db.models import ForeignKey
from psycopg import sql

from customers.models import Consent, Customer
from customers.services.attributes import forget_unused
from customers.services.changes import TEXTS
from imports.database import execute, fetch, fetch_value
from imports.services.reverting import door_sql
from imports.targets import Relation, Undo, UndoContext

_CONFLICTS = """
SELECT b.line, {who} AS who, '' AS field, NULL AS imported, NULL AS now, since.reason
FROM {batch} AS b JOIN ({hangs_on}) AS since ON since.customer_id = b.subject_id
JOIN customers AS c ON c.id = b.subject_id
UNION ALL
SELECT b.line, {who}, key, {imported}, {now}, ''
FROM {batch} AS b JOIN customers AS c ON c.id = b.subject_id
CROSS JOIN LATERAL jsonb_object_keys(b.new) AS key
CROSS JOIN LATERAL (SELECT coalesce({value}, 'null')) AS stands (now)
WHERE b.action = 'update' AND stands.now NOT IN (b.new -> key, b.old -> key)
UNION ALL
SELECT DISTINCT ON (b.line) b.line, {who},
       CASE WHEN b.new ? 'email' THEN 'email' ELSE 'lms_lead_id' END,
       c.lms_lead_id, c.email, {taken}
FROM {batch} AS b JOIN customers AS c ON c.id = b.subject_id
CROSS JOIN LATERAL (SELECT
    CASE WHEN b.new ? 'email' THEN b.old ->> 'email' ELSE c.email END,
    CASE WHEN b.new ? 'lms_lead_id' THEN NULL ELSE c.lms_lead_id END
) AS then_again (email, lms_lead_id)
JOIN customers AS other ON lower(other.email) = lower(then_again.email)
     AND other.lms_lead_id IS NULL AND other.id <> c.id
WHERE b.action = 'update' AND b.new ?| ARRAY['email', 'lms_lead_id']
  AND then_again.lms_lead_id IS NULL AND then_again.email <> ''
  AND NOT EXISTS (SELECT FROM {changes} AS made
                  WHERE made.subject_id = other.id AND made.action = 'create')
"""
_HANGS_ON = """
SELECT customer_id, {since} || string_agg(DISTINCT what, ', ') || '.' AS reason
FROM (
    SELECT c.id AS customer_id, {changed} AS what
    FROM {batch} AS b JOIN customers AS c ON c.id = b.subject_id
    WHERE b.action = 'create' AND c.updated_date <> b.written_at
    {related}
) AS found GROUP BY customer_id
"""
_RELATED = """
UNION ALL
SELECT {column}, {what} FROM {table} AS related
WHERE {column} IN (SELECT subject_id FROM {batch} WHERE action = 'create') {but}
"""
_SENSITIVE = """
CASE WHEN EXISTS (SELECT FROM attribute_definitions AS d WHERE d.sensitive
                  AND 'attributes.' || d.name = key)
     THEN '(sensitive)' ELSE NULLIF({}, 'null') #>> '{{}}' END
"""


def conflicts_sql(changes: Relation, context: UndoContext) -> sql.Composable:
    """SELECT the customers and values that something happened to since the import."""
    cases = [
        sql.SQL("WHEN {} THEN to_jsonb(c.{})").format(
            sql.Literal(name), sql.Identifier(name)
        )
        for name in ("lms_lead_id", *TEXTS, "created_date")
    ]
    value = sql.SQL("CASE key {} ELSE c.attributes -> substr(key, 12) END").format(
        sql.SQL(" ").join(cases)
    )
    return sql.SQL(_CONFLICTS).format(
        batch=changes,
        changes=context.changes,
        who=sql.SQL("coalesce(c.lms_lead_id, NULLIF(c.email, ''))"),
        hangs_on=_hangs_on(changes, context),
        value=value,
        imported=sql.SQL(_SENSITIVE).format(sql.SQL("b.new -> key")),
        now=sql.SQL(_SENSITIVE).format(sql.SQL("stands.now")),
        taken=sql.Literal("Another customer has the old e-mail address now."),
    )


def _hangs_on(changes: Relation, context: UndoContext) -> sql.Composable:
    """What came to each created customer since: changes, and rows of other tables."""
    related = [
        sql.SQL(_RELATED).format(
            column=sql.Identifier("related", field.column),
            table=sql.Identifier(field.model._meta.db_table),
            what=sql.Literal(str(field.model._meta.verbose_name_plural)),
            batch=changes,
            but=_but_own_consents(field.model, context),
        )
        for field in _foreign_keys()
    ]
    return sql.SQL(_HANGS_ON).format(
        batch=changes,
        since=sql.Literal("Since then: "),
        changed=sql.Literal("changed"),
        related=sql.SQL("").join(related),
    )


def _but_own_consents(model: Any, context: UndoContext) -> sql.Composable:
    if model is not Consent:
        return sql.SQL("")
    return sql.SQL("AND source <> {}").format(sql.Literal(context.source))


def _foreign_keys() -> Iterator[Any]:
    """Yield what refers to customers; what the database lets go is only derived."""
    for relation in Customer._meta.get_fields(include_hidden=True):
        key: Any = getattr(relation, "field", None)
        if not isinstance(key, ForeignKey) or key.related_model is not Customer:
            continue
        if getattr(key, "db_constraint", False) and key.model._meta.managed:
            yield key


_DELETE = """
DELETE FROM {table} AS t USING {batch} AS b
WHERE b.action = 'create' AND t.{key} = b.subject_id
"""
_CREATE_RESTORES = """
CREATE TEMP TABLE IF NOT EXISTS customer_restores (customer_id bigint,
    written_at timestamptz, updated_date timestamptz, fields jsonb, attributes jsonb,
    dates jsonb) ON COMMIT DELETE ROWS
"""
# An attribute's row names one attribute, so a customer may have many rows: the first
# of them knows when the customer was changed before.
_RESTORES = """
INSERT INTO pg_temp.customer_restores
SELECT b.subject_id, max(b.written_at),
       (array_agg((b.old ->> 'updated_date')::timestamptz ORDER BY b.line))[1],
       coalesce(jsonb_object_agg(key, b.old -> key)
                FILTER (WHERE key NOT LIKE 'attributes.%'), '{{}}'),
       coalesce(jsonb_object_agg(substr(key, 12), b.old -> key)
                FILTER (WHERE key LIKE 'attributes.%'), '{{}}'),
       coalesce(jsonb_object_agg(substr(key, 12), b.old -> ('dates.' || substr(key, 12)))
                FILTER (WHERE key LIKE 'attributes.%'), '{{}}')
FROM {batch} AS b CROSS JOIN LATERAL jsonb_object_keys(b.new) AS key
WHERE b.action = 'update' GROUP BY b.subject_id
"""
_RESTORE_DATES = """
UPDATE customer_attribute_dates AS kept
SET dates = jsonb_strip_nulls(kept.dates || r.dates)
FROM pg_temp.customer_restores AS r
WHERE kept.customer_id = r.customer_id AND r.dates <> '{{}}'
"""
_RESTORE = """
UPDATE customers AS c SET {fields},
    attributes = jsonb_strip_nulls(c.attributes || r.attributes),
    updated_date = CASE WHEN c.updated_date = r.written_at AND r.updated_date IS NOT NULL
                        THEN r.updated_date ELSE now() END
FROM pg_temp.customer_restores AS r WHERE c.id = r.customer_id
"""


def revert_customers(changes: Relation, context: UndoContext) -> None:
    """Delete the customers that were created and put the old values back."""
    own = sql.SQL(
        "SELECT consents.id FROM consents JOIN {} AS b ON b.subject_id = customer_id"
        " WHERE b.action = 'create' AND source = {}"
    ).format(changes, sql.Literal(context.source))
    fetch(door_sql("remove_consents", own, context))
    for table, key in (
        ("customer_attribute_dates", "customer_id"),
        ("customers", "id"),
    ):
        execute(
            sql.SQL(_DELETE).format(
                table=sql.Identifier(table), key=sql.Identifier(key), batch=changes
            )
        )
    execute(sql.SQL(_CREATE_RESTORES))
    execute(sql.SQL("DELETE FROM pg_temp.customer_restores"))
    if execute(sql.SQL(_RESTORES).format(batch=changes)):
        execute(sql.SQL(_RESTORE_DATES).format())
        execute(sql.SQL(_RESTORE).format(fields=_restored_fields()))


def _restored_fields() -> sql.Composable:
    parts = [
        sql.SQL(
            "{name} = CASE WHEN r.fields ? {key} THEN (r.fields ->> {key}){cast}"
            " ELSE c.{name} END"
        ).format(
            name=sql.Identifier(name),
            key=sql.Literal(name),
            cast=sql.SQL("::timestamptz" if name == "created_date" else ""),
        )
        for name in ("lms_lead_id", *TEXTS, "created_date")
    ]
    return sql.SQL(", ").join(parts)


def lift_withdrawals(context: UndoContext, limit: int) -> int:
    """Take back withdrawals of customers whom the import found, on record.

    Whom it created and who stays keeps the no: the file is all that is known of them.
    """
    ids = sql.SQL(
        "SELECT consents.id FROM consents WHERE source = {} AND NOT EXISTS (SELECT FROM"
        " {} AS made WHERE made.subject_id = consents.customer_id"
        " AND made.action = 'create') LIMIT {}"
    ).format(sql.Literal(context.source), context.changes, sql.Literal(limit))
    return int(fetch_value(door_sql("remove_consents", ids, context)))


def forget_attributes(context: UndoContext, extras: list[str]) -> None:
    """Forget the attributes that the import defined and nobody has."""
    forget_unused(extras)


CUSTOMERS_UNDO = Undo(
    table="customers",
    revert=revert_customers,
    conflicts=conflicts_sql,
    further=lift_withdrawals,
    finish=forget_attributes,
)

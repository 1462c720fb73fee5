"""Writing attributes to many customers at once, with the dates of each."""

import json
from collections.abc import Iterable
from typing import Any

from psycopg import sql

from imports.database import execute

# `pg_temp.attribute_patches` holds one patch per customer: {name: value}, JSON null to
# clear. Rows are locked in the order of their ids, so that two writers cannot block
# each other for good; then the dates, then the values, as both need the old values.
_CREATE = """
CREATE TEMP TABLE IF NOT EXISTS attribute_patches (customer_id bigint, patch jsonb)
ON COMMIT DELETE ROWS
"""
_LOCK = """
SELECT count(*) FROM (
    SELECT id FROM customers
    WHERE id IN (SELECT customer_id FROM pg_temp.attribute_patches)
    ORDER BY id FOR NO KEY UPDATE
) AS locked
"""
_DATES = """
INSERT INTO customer_attribute_dates AS kept (customer_id, dates)
SELECT customer.id, changed.dates
FROM pg_temp.attribute_patches AS p
JOIN customers AS customer ON customer.id = p.customer_id
LEFT JOIN customer_attribute_dates AS old ON old.customer_id = customer.id
CROSS JOIN LATERAL (
    SELECT jsonb_object_agg(key, CASE
               WHEN value = 'null' THEN 'null'
               WHEN customer.attributes ? key THEN jsonb_build_array(coalesce(
                   old.dates -> key -> 0, old.dates -> '' -> 0,
                   to_jsonb(floor(extract(epoch FROM customer.created_date)))), clock.now)
               ELSE jsonb_build_array(clock.now, clock.now) END) AS dates
    FROM jsonb_each(p.patch),
         (SELECT floor(extract(epoch FROM now()))) AS clock (now)
    WHERE customer.attributes -> key IS DISTINCT FROM NULLIF(value, 'null')
) AS changed
WHERE changed.dates IS NOT NULL
ON CONFLICT (customer_id) DO UPDATE
SET dates = jsonb_strip_nulls(kept.dates || excluded.dates)
"""
_VALUES = """
UPDATE customers
SET attributes = jsonb_strip_nulls(customers.attributes || p.patch),
    updated_date = now()
FROM pg_temp.attribute_patches AS p
WHERE p.customer_id = customers.id
  AND jsonb_strip_nulls(customers.attributes || p.patch) <> customers.attributes
"""


def stage_patches(query: sql.Composable) -> int:
    """Take a SELECT of (customer_id, patch) and lock those customers, in order."""
    execute(sql.SQL(_CREATE))
    execute(sql.SQL("DELETE FROM pg_temp.attribute_patches"))
    count = execute(sql.SQL("INSERT INTO pg_temp.attribute_patches {}").format(query))
    execute(sql.SQL(_LOCK))
    return count


def write_dates() -> None:
    """Keep when each attribute that the staged patches change came and changed."""
    execute(sql.SQL(_DATES))


def write_values() -> int:
    """Apply the staged patches to the attributes; return how many customers changed."""
    return execute(sql.SQL(_VALUES))


def patch_attribute(customer_ids: Iterable[int], name: str, value: Any) -> int:
    """Give an attribute of customers a value, or clear it with None.

    The value is in the form that its type is kept in. Returns how many changed.
    """
    patches = sql.SQL(
        "SELECT id, jsonb_build_object({}, {}::jsonb) FROM customers WHERE id = ANY ({})"
    ).format(
        sql.Literal(name),
        sql.Literal(json.dumps(value, ensure_ascii=False)),
        sql.Literal(list(customer_ids)),
    )
    stage_patches(patches)
    write_dates()
    return write_values()

"""Offers and credits, given to many customers at once."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import cast

from psycopg import sql

from imports.database import execute, fetch

# What has this key already was given before, and is not given again.
_OFFERS = """
WITH wanted AS (
    SELECT * FROM unnest({asked}::bigint[], {customers}::bigint[], {keys}::text[])
        AS wanted (asked, customer_id, source_key)
), given AS (
    INSERT INTO member_offers
        (member_id, offer_code, description, expiry_date, is_used, source_key)
    SELECT customer_id, {code}, '', {expires}::date, false, source_key
    FROM wanted ORDER BY customer_id
    ON CONFLICT (source_key) DO NOTHING RETURNING id, source_key
)
SELECT wanted.asked, given.id FROM given JOIN wanted USING (source_key)
"""
_CREDITS = """
INSERT INTO credit_entries (member_id, amount, reason, source_key)
SELECT customer_id, {amount}, {reason}, source_key
FROM unnest({customers}::bigint[], {keys}::text[]) AS wanted (customer_id, source_key)
ORDER BY customer_id
ON CONFLICT (source_key) DO NOTHING
"""


def give_offers(
    wanted: Sequence[tuple[int, int, str]],
    *,
    code: str,
    expires: date,
) -> dict[int, int]:
    """Give customers a discount code that is good until a day.

    `wanted` is (number, customer, source key); returns {number: offer}.
    """
    numbers, customers, keys = zip(*wanted, strict=True)
    query = sql.SQL(_OFFERS).format(
        asked=sql.Literal(list(numbers)),
        customers=sql.Literal(list(customers)),
        keys=sql.Literal(list(keys)),
        code=sql.Literal(code),
        expires=sql.Literal(expires),
    )
    return dict(cast(list[tuple[int, int]], fetch(query)))


def book_credits(
    wanted: Sequence[tuple[int, str]], *, amount: Decimal, reason: str
) -> int:
    """Book an amount for each (customer, source key); return how many were booked."""
    customers, keys = zip(*wanted, strict=True)
    query = sql.SQL(_CREDITS).format(
        customers=sql.Literal(list(customers)),
        keys=sql.Literal(list(keys)),
        amount=sql.Literal(amount),
        reason=sql.Literal(reason),
    )
    return execute(query)

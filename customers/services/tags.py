"""Tags: words on customers, put there and taken off in bulk."""

from collections.abc import Iterable

from django.db import transaction
from psycopg import sql

from customers.models import MemberTag
from imports.database import execute, numbers
from marketing_os.lib.errors import DomainError

MAX_TAG = 100


@transaction.atomic
def add_tag(customer_ids: Iterable[int], tag: str) -> int:
    """Put a tag on customers; return how many did not have it.

    Each new tag is told to those who subscribed to it, in the same transaction.
    """
    wanted = sql.SQL(
        "SELECT nextval(pg_get_serial_sequence('member_tags', 'id')), id, {}"
        " FROM customers WHERE id = ANY ({}) ORDER BY id"
    ).format(sql.Literal(_checked(tag)), numbers(int(pk) for pk in customer_ids))
    return execute(put_tags_sql(wanted, is_told=True))


def put_tags_sql(wanted: sql.Composable, *, is_told: bool) -> sql.Composable:
    """INSERT the tags of a SELECT of (id, customer_id, tag) that are not there yet.

    Each new one is told to those who subscribed to it, if it `is_told`.
    """
    return sql.SQL(
        "WITH added AS (INSERT INTO member_tags (id, member_id, tag) {wanted}"
        " ON CONFLICT DO NOTHING RETURNING id, member_id, tag, assigned_at),"
        " told AS (INSERT INTO event_outbox (kind, name, customer_id, payload,"
        " occurred_at) SELECT 'tag', tag, member_id, jsonb_build_object('event_id', id),"
        " assigned_at FROM added"
        " WHERE {is_told} AND EXISTS (SELECT FROM event_subscriptions AS s"
        " WHERE s.kind = 'tag' AND s.name IN ('', added.tag)))"
        " SELECT FROM added"
    ).format(wanted=wanted, is_told=sql.Literal(is_told))


def remove_tag(customer_ids: Iterable[int], tag: str) -> int:
    """Take a tag off customers; return how many had it."""
    found = MemberTag.objects.filter(customer_id__in=list(customer_ids), tag=tag)
    return found.delete()[0]


def _checked(tag: str) -> str:
    tag = tag.strip()
    if not tag or len(tag) > MAX_TAG or "\0" in tag:
        raise DomainError("A tag has 1 to 100 characters.")
    return tag

"""Look up what conditions find: all of it, the first few, or one customer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import errors, sql

from customers.models import Customer
from segments.conditions import (
    Catalogue,
    Clock,
    Tree,
    count_query,
    explain_query,
    members_query,
    read_document,
)
from segments.errors import SegmentError
from segments.models import Segment, SegmentSnapshot

VIEW_SENSITIVE = "customers.view_sensitive"
# The newest customers are tried in strides, so that the first few are found without
# asking about everybody.
_STRIDES = (2_000, 20_000, 200_000)
_SHOWN = 20


@dataclass(frozen=True)
class Verdict:
    """What one condition said of one customer. `seen` is JSON, as in the tables.

    Of what is hidden neither it nor whether the condition `holds` is told.
    """

    path: str
    words: str
    holds: bool | None
    seen: Any
    is_hidden: bool = False


@dataclass(frozen=True)
class Explanation:
    """Whether a customer is in a segment, and what each condition said."""

    matches: bool
    verdicts: tuple[Verdict, ...]


def tree_of(segment: Segment) -> Tree:
    """Read the conditions of a segment; raises ConditionError."""
    chain = (segment.pk,) if segment.pk else ()
    return read_document(segment.conditions, Catalogue(chain=chain))


def tree_for(document: Any, *, by: User, segment_id: int | None = None) -> Tree:
    """Read conditions that a person wrote, who may use only what they may see."""
    chain = (segment_id,) if segment_id else ()
    sensitive = by.has_perm(VIEW_SENSITIVE)
    return read_document(document, Catalogue(chain=chain, sensitive=sensitive))


def clock() -> Clock:
    """Return the clock of a look-up that begins now."""
    return Clock(timezone.now(), settings.TIME_ZONE)


def write_members(snapshot: SegmentSnapshot, tree: Tree) -> int:
    """Store whom the tree finds; return how many. Call it in a transaction."""
    query = sql.SQL(
        "INSERT INTO segment_snapshot_members (snapshot_id, customer_id)\n"
        "SELECT {}, found.id FROM ({}) AS found"
    ).format(sql.Literal(snapshot.pk), members_query(tree, clock()))
    with limited(settings.SEGMENT_TIMEOUT_SECONDS), connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.rowcount)


def count_matches(tree: Tree, *, seconds: float) -> int | None:
    """Count whom the tree finds; None when that takes longer than `seconds`."""
    try:
        with limited(seconds), connection.cursor() as cursor:
            cursor.execute(count_query(tree, clock()))
            return int(cursor.fetchone()[0])
    except SegmentError:
        return None


def estimate_matches(tree: Tree) -> int:
    """Return how many the database's planner expects the tree to find."""
    with connection.cursor() as cursor:
        query = members_query(tree, clock())
        cursor.execute(sql.SQL("EXPLAIN (FORMAT JSON) {}").format(query))
        return int(cursor.fetchone()[0][0]["Plan"]["Plan Rows"])


def first_matches(tree: Tree, *, seconds: float) -> list[Customer]:
    """Return the newest 20 customers whom the tree finds; fewer when time is up."""
    at = clock()
    found: list[int] = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM customers")
        highest = cursor.fetchone()[0]
    below = highest + 1
    strides = [*(width for width in _STRIDES if width < highest), highest + 1]
    try:
        with limited(seconds), connection.cursor() as cursor:
            for width in strides:
                above = max(below - width, 0)
                cursor.execute(_in_stride(tree, at, above, below, _SHOWN - len(found)))
                found += [row[0] for row in cursor.fetchall()]
                below = above
                if len(found) >= _SHOWN or not below:
                    break
    except SegmentError:
        pass  # what was found so far is shown
    known = Customer.objects.in_bulk(found)
    return [known[pk] for pk in found if pk in known]


def _in_stride(
    tree: Tree, at: Clock, above: int, below: int, limit: int
) -> sql.Composable:
    bounds = sql.SQL("c.id >= {} AND c.id < {}").format(
        sql.Literal(above), sql.Literal(below)
    )
    return sql.SQL("{} ORDER BY c.id DESC LIMIT {}").format(
        members_query(tree, at, bounds), sql.Literal(limit)
    )


def explain(tree: Tree, customer: Customer, *, by: User) -> Explanation:
    """Ask the compiled conditions about one customer; sensitive values stay hidden."""
    may_see = by.has_perm(VIEW_SENSITIVE)
    seconds = settings.SEGMENT_TIMEOUT_SECONDS
    with limited(seconds), connection.cursor() as cursor:
        cursor.execute(explain_query(tree, clock(), customer.pk))
        row = cursor.fetchone()
    if row is None:
        raise SegmentError(_("This customer does not exist any more."))
    verdicts = []
    for place, leaf in enumerate(tree.leaves):
        holds, seen = row[1 + 2 * place], row[2 + 2 * place]
        is_hidden = leaf.is_sensitive and not may_see
        verdicts.append(
            Verdict(
                path=leaf.path,
                words=leaf.words(),
                holds=None if is_hidden else bool(holds),
                seen=None if is_hidden or seen is None else json.loads(seen),
                is_hidden=is_hidden,
            )
        )
    is_active = customer.erased_at is None and customer.archived_at is None
    return Explanation(bool(row[0]) and is_active, tuple(verdicts))


def shown_sql(tree: Tree) -> str:
    """Return the SELECT that the tree becomes, as text to be read."""
    connection.ensure_connection()
    return members_query(tree, clock()).as_string(connection.connection)


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Let statements take so long at most; raises SegmentError past that."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            before = cursor.fetchone()[0]
            cursor.execute(f"SET LOCAL statement_timeout = {int(seconds * 1000)}")
            yield
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])
    except OperationalError as error:
        if isinstance(error.__cause__, errors.QueryCanceled):
            raise SegmentError(
                _("The look-up took longer than %s seconds.") % int(seconds)
            ) from error
        raise

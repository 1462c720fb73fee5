"""Who leaves a workflow before its end: by its goal, its exits, or because they went."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import DataError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import sql

from automations.errors import fault_words
from automations.models import Enrolment, Workflow, WorkflowVersion
from automations.workflows.batch import Member
from automations.workflows.journal import Journal
from automations.workflows.matching import matching
from imports.database import execute, fetch, numbers
from marketing_os.lib.errors import DomainError
from messaging.services.rules import unsubscribed
from segments.conditions import Catalogue, Clock, members_query, read_document
from segments.services.conditions import limited

logger = logging.getLogger(__name__)
_MOST_AT_ONCE = 5_000
_MOST_SECONDS = 30
_State = Enrolment.State
# An erasure that begins now waits for the steps; whom one holds already is left alone
# for a while, so that neither waits for the other.
_HOLD = sql.SQL(
    "SELECT id, erased_at IS NULL AND archived_at IS NULL, erased_at IS NOT NULL"
    " FROM customers WHERE id = ANY ({}) ORDER BY id FOR KEY SHARE SKIP LOCKED"
)
BUSY = timedelta(seconds=5)
_UNSUBSCRIBED = unsubscribed("e.member_id", "'email'")


def leave_early(
    version: WorkflowVersion,
    members: Sequence[Member],
    now: datetime,
    journal: Journal,
) -> list[Member]:
    """Note who leaves now; return those who stay."""
    ids = sorted({one.customer_id for one in members})
    found = {pk: state for pk, *state in fetch(_HOLD.format(numbers(ids)))}
    reached = matching(version.goal, ids, now)
    left = matching(version.exit_conditions, ids, now)
    gone = _unsubscribed_among(ids) if _ends_at_unsubscribe(version) else set()
    staying = []
    for one in members:
        is_there, is_erased = found.get(one.customer_id, (True, False))
        if one.customer_id not in found:
            journal.put_off(one, now + BUSY)
        elif not is_there:
            journal.exit(one, _("The customer was erased or archived."), is_erased)
        elif one.customer_id in reached:
            journal.convert(one, _reached())
        elif one.customer_id in left:
            journal.exit(one, _came_true())
        elif one.customer_id in gone:
            journal.exit(one, _unsubscribed())
        else:
            staying.append(one)
    return staying


def sweep(now: datetime | None = None) -> int:
    """End the ways of those who wait, and reached the goal or an exit meanwhile.

    Returns how many. Who is due is left to the walk, which asks the same.
    """
    now = now or timezone.now()
    ended = 0
    on_the_way = Enrolment.objects.filter(state=_State.ACTIVE).values("version")
    has_one = (
        Q(goal__isnull=False)
        | Q(exit_conditions__isnull=False)
        | Q(workflow__at_unsubscribe=Workflow.AtUnsubscribe.END)
    )
    asked = WorkflowVersion.objects.filter(has_one, pk__in=on_the_way)
    for version in asked.select_related("workflow"):
        try:
            ended += _sweep_one(version, now)
        except (DomainError, DataError) as error:
            logger.error(
                "Version %s could not be swept: %s", version.pk, fault_words(error)
            )
    return ended


def _sweep_one(version: WorkflowVersion, now: datetime) -> int:
    ways_out = []
    if version.goal:
        ways_out.append(
            (_matching_sql(version.goal, now), _State.CONVERTED, _reached())
        )
    if version.exit_conditions:
        left = _matching_sql(version.exit_conditions, now)
        ways_out.append((left, _State.EXITED, _came_true()))
    if _ends_at_unsubscribe(version):
        ways_out.append((sql.SQL(_UNSUBSCRIBED), _State.EXITED, _unsubscribed()))
    return sum(_end(version, now, *way_out) for way_out in ways_out)


def _end(
    version: WorkflowVersion,
    now: datetime,
    leaves: sql.Composable,
    state: str,
    reason: str,
) -> int:
    """End the ways of those who wait and for whom a condition on `e` holds."""
    query = sql.SQL(_SWEEP).format(
        state=sql.Literal(str(state)),
        reason=sql.Literal(reason),
        version=sql.Literal(version.pk),
        now=sql.SQL("{}::timestamptz").format(sql.Literal(now.isoformat())),
        leaves=leaves,
        limit=sql.Literal(_MOST_AT_ONCE),
    )
    ended, found = 0, _MOST_AT_ONCE
    while found == _MOST_AT_ONCE:
        with transaction.atomic(), limited(_MOST_SECONDS):
            found = execute(query)
        ended += found
    return ended


# What another worker holds is due by now, and asked there.
_SWEEP = """
UPDATE enrolments SET state = {state}, exit_reason = {reason}, ended_at = now(),
    is_waiting = false, waits_for = ''
WHERE id IN (
    SELECT e.id FROM enrolments e
    WHERE e.version_id = {version} AND e.state = 'active' AND e.due_at > {now}
      AND {leaves}
    ORDER BY e.id LIMIT {limit} FOR UPDATE SKIP LOCKED)
"""


def _matching_sql(document: Any, now: datetime) -> sql.Composable:
    tree = read_document(document, Catalogue())
    members = members_query(tree, Clock(now, settings.TIME_ZONE))
    return sql.SQL("e.member_id IN ({})").format(members)


def _unsubscribed_among(customer_ids: Sequence[int]) -> set[int]:
    query = sql.SQL(
        "SELECT e.member_id FROM unnest({}) AS e (member_id) WHERE {}"
    ).format(numbers(customer_ids), sql.SQL(_UNSUBSCRIBED))
    return {row[0] for row in fetch(query)}


def _ends_at_unsubscribe(version: WorkflowVersion) -> bool:
    return version.workflow.at_unsubscribe == Workflow.AtUnsubscribe.END


def _reached() -> str:
    return _("Reached the goal.")


def _unsubscribed() -> str:
    return _("Unsubscribed.")


def _came_true() -> str:
    return _("The conditions for leaving came true.")

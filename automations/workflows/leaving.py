"""Who leaves a workflow before its end: by its goal, its exits, or because they went."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import sql

from automations.models import Enrolment, WorkflowVersion
from automations.workflows.batch import Member
from automations.workflows.journal import Journal
from automations.workflows.matching import matching
from customers.models import Customer
from imports.database import execute
from marketing_os.lib.errors import DomainError
from segments.conditions import Catalogue, Clock, members_query, read_document
from segments.services.conditions import limited

logger = logging.getLogger(__name__)
_MOST_AT_ONCE = 5_000
_MOST_SECONDS = 30
_State = Enrolment.State


def leave_early(
    version: WorkflowVersion,
    members: Sequence[Member],
    now: datetime,
    journal: Journal,
) -> list[Member]:
    """Note who leaves now; return those who stay."""
    ids = sorted({one.customer_id for one in members})
    there = set(
        Customer.objects.active().filter(pk__in=ids).values_list("pk", flat=True)
    )
    reached = matching(version.goal, ids, now)
    left = matching(version.exit_conditions, ids, now)
    staying = []
    for one in members:
        if one.customer_id not in there:
            journal.exit(one, _("The customer was erased or archived."))
        elif one.customer_id in reached:
            journal.convert(one, _reached())
        elif one.customer_id in left:
            journal.exit(one, _came_true())
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
    has_one = Q(goal__isnull=False) | Q(exit_conditions__isnull=False)
    asked = WorkflowVersion.objects.filter(has_one, pk__in=on_the_way)
    for version in asked:
        try:
            ended += _sweep_one(version, now)
        except DomainError as error:
            logger.error("Version %s could not be swept: %s", version.pk, error)
    return ended


def _sweep_one(version: WorkflowVersion, now: datetime) -> int:
    ended = 0
    for document, state, reason in (
        (version.goal, _State.CONVERTED, _reached()),
        (version.exit_conditions, _State.EXITED, _came_true()),
    ):
        query = _sweep_sql(version, document, state, reason, now) if document else None
        while query is not None:
            with transaction.atomic(), limited(_MOST_SECONDS):
                found = execute(query)
            ended += found
            if found < _MOST_AT_ONCE:
                break
    return ended


# What another worker holds is due by now, and asked there.
_SWEEP = """
UPDATE enrolments SET state = {state}, exit_reason = {reason}, ended_at = now(),
    is_waiting = false, waits_for = ''
WHERE id IN (
    SELECT e.id FROM enrolments e
    WHERE e.version_id = {version} AND e.state = 'active' AND e.due_at > {now}
      AND e.member_id IN ({members})
    ORDER BY e.id LIMIT {limit} FOR UPDATE SKIP LOCKED)
"""


def _sweep_sql(
    version: WorkflowVersion, document: Any, state: str, reason: str, now: datetime
) -> sql.Composable:
    tree = read_document(document, Catalogue())
    return sql.SQL(_SWEEP).format(
        state=sql.Literal(str(state)),
        reason=sql.Literal(reason),
        version=sql.Literal(version.pk),
        now=sql.SQL("{}::timestamptz").format(sql.Literal(now.isoformat())),
        members=members_query(tree, Clock(now, settings.TIME_ZONE)),
        limit=sql.Literal(_MOST_AT_ONCE),
    )


def _reached() -> str:
    return _("Reached the goal.")


def _came_true() -> str:
    return _("The conditions for leaving came true.")

"""Looks at whom a workflow's trigger means now: dry runs, and checks on demand.

What is quick is counted while the page waits; the rest by a worker, with the page
asking now and then. A check is always a worker's: it writes as many rows as there are
members who enter.
"""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from automations.models import Workflow, WorkflowLook
from automations.services.workflows import BY_API, check_now
from automations.workflows.explaining import dry_run
from marketing_os.lib.errors import DomainError

_AT_ONCE_SECONDS, _WORKER_SECONDS = 3, 240
_STUCK_AFTER = timedelta(minutes=5)
# A page that was told that the figures are there shows those, not new ones.
_FRESH = timedelta(minutes=1)


def ask_dry_run(workflow: Workflow, *, days: int = 1, by: User | None) -> WorkflowLook:
    """Return who would enter now, or a look that a worker takes soon.

    An event trigger is asked of the last `days`.
    """
    known = workflow.looks.filter(lets_in=False, days=days).first()
    if known and _is_of_use(known, workflow):
        return known
    asked: dict[str, Any] = {
        "requested_at": timezone.now(),
        "requested_by": by,
        "claimed_at": None,
        "finished_at": None,
        "error": "",
    }
    look, _is_new = WorkflowLook.objects.update_or_create(
        workflow=workflow, lets_in=False, days=days, defaults=asked
    )
    return take_look(look, seconds=_AT_ONCE_SECONDS)


@transaction.atomic
def ask_check(workflow: Workflow, *, by: User | None) -> WorkflowLook:
    """Have a worker let in whom the trigger means now; asking twice is asking once."""
    workflow = Workflow.objects.select_for_update(of=("self",)).get(pk=workflow.pk)
    if not workflow.is_enabled:
        raise DomainError(_("“%s” is not enabled.") % workflow)
    if workflow.trigger["type"] == BY_API:
        raise DomainError(_("Only another system starts “%s”, by the API.") % workflow)
    look, _is_new = WorkflowLook.objects.get_or_create(
        workflow=workflow,
        lets_in=True,
        finished_at=None,
        defaults={"requested_by": by},
    )
    return look


def take_next_look() -> WorkflowLook | None:
    """Take the look that waits longest; None when none waits."""
    waiting = _waiting().order_by("requested_at").first()
    return take_look(waiting) if waiting else None


def has_waiting_looks() -> bool:
    return _waiting().exists()


def take_look(look: WorkflowLook, *, seconds: int | None = None) -> WorkflowLook:
    """Look, and keep what was found, unless somebody else is at it.

    A dry run that takes longer than `seconds` is left to a worker.
    """
    now = timezone.now()
    mine = _waiting().filter(pk=look.pk, requested_at=look.requested_at)
    if not mine.update(claimed_at=now):
        return WorkflowLook.objects.get(pk=look.pk)
    try:
        found = _look(look, seconds or _WORKER_SECONDS)
    except DomainError as error:
        is_slow = seconds and timezone.now() - now >= timedelta(seconds=seconds)
        found = {"claimed_at": None} if is_slow else {"error": str(error)}
    if "claimed_at" not in found:
        found["finished_at"] = timezone.now()
    WorkflowLook.objects.filter(pk=look.pk, claimed_at=now).update(**found)
    return WorkflowLook.objects.get(pk=look.pk)


def _look(look: WorkflowLook, seconds: int) -> dict[str, Any]:
    if look.lets_in:
        entered = check_now(look.workflow)
        return {"meant": entered, "entering": entered}
    since = timezone.now() - timedelta(days=look.days)
    found = dry_run(look.workflow, since=since, seconds=seconds)
    return {
        "meant": found.meant,
        "entering": found.entering,
        "first": list(found.first),
        "kept_out": found.kept_out,
    }


def _waiting() -> QuerySet[WorkflowLook]:
    stuck = timezone.now() - _STUCK_AFTER
    return WorkflowLook.objects.filter(
        Q(claimed_at=None) | Q(claimed_at__lt=stuck), finished_at=None
    ).select_related("workflow", "requested_by")


def _is_of_use(known: WorkflowLook, workflow: Workflow) -> bool:
    if known.requested_at < workflow.updated_at:
        return False
    now = timezone.now()
    if known.finished_at is None:
        return known.requested_at > now - _STUCK_AFTER
    took = known.finished_at - known.requested_at
    is_slow = took > timedelta(seconds=_AT_ONCE_SECONDS)
    return is_slow and now - known.finished_at < _FRESH

"""Start a workflow for one customer because another system asks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import sql

from automations.models import Enrolment, Workflow
from automations.services.workflows import BY_API
from automations.workflows.entering import NOT_ACTIVE, enter
from automations.workflows.explaining import obstacle_of
from customers.models import Customer
from marketing_os.lib.errors import DomainError


@dataclass(frozen=True)
class Triggered:
    """The way that began, or else the name of what kept the customer out.

    `obstacle` is one of `entering.OBSTACLES`; `until` says when a cooldown is over.
    """

    enrolment: Enrolment | None
    obstacle: str = ""
    until: datetime | None = None


@transaction.atomic
def trigger_workflow(
    workflow: Workflow,
    customer: Customer,
    data: Mapping[str, Any],
    *,
    now: datetime | None = None,
) -> Triggered:
    """Let a customer into a workflow that other systems start, by the rules of entering.

    Templates read `data` as values of the event. Raises DomainError when the workflow
    is off or something else starts it.
    """
    now = now or timezone.now()
    if workflow.trigger.get("type") != BY_API:
        raise DomainError(_("“%s” is not started by the API.") % workflow)
    key = f"api:{uuid4()}"
    context = {**data, "event": BY_API, "occurred_at": now.isoformat()}
    came = sql.SQL("SELECT {}::bigint, {}::text, {}::jsonb").format(
        sql.Literal(customer.pk), sql.Literal(key), sql.Literal(json.dumps(context))
    )
    if enter(workflow, came, now=now):
        return Triggered(
            Enrolment.objects.get(workflow=workflow, customer=customer, trigger_key=key)
        )
    if not Workflow.objects.filter(pk=workflow.pk, is_enabled=True).exists():
        raise DomainError(_("“%s” is not enabled.") % workflow)
    obstacle, until = obstacle_of(workflow, customer, key, now)
    return Triggered(None, obstacle or NOT_ACTIVE, until)

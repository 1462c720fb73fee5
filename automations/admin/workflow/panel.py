"""What workflows add to the pages of customers."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from automations.admin.badges import enrolment_badge
from automations.models import Enrolment, Workflow
from automations.workflows.way import steps_ahead
from customers.models import Customer
from marketing_os.lib.registry import Panel, registry

_SHOWN = 10


def workflows_panel(request: HttpRequest, customer: Customer) -> dict[str, Any] | None:
    if not request.user.has_perm("automations.view_workflow"):
        return None
    found = Enrolment.objects.filter(customer=customer).select_related(
        "workflow", "version"
    )
    ways = list(found.order_by("-pk")[: _SHOWN + 1])
    return {
        "customer": customer,
        "ways": [
            (one, enrolment_badge(one), _next_words(one)) for one in ways[:_SHOWN]
        ],
        "has_more": len(ways) > _SHOWN,
        "workflows": Workflow.objects.filter(archived_at=None),
    }


def _next_words(enrolment: Enrolment) -> str:
    ahead = steps_ahead(enrolment)
    return ahead[0].step.words() if ahead else ""


registry.customer_panels.append(
    Panel(
        "workflows",
        _("Workflows"),  # type: ignore[arg-type]
        "admin/automations/workflow/customer.html",
        workflows_panel,
        60,
    )
)

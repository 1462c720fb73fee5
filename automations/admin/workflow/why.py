"""Why a customer is in a workflow, or not: rule by rule, with what was seen."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from automations.admin.badges import enrolment_badge
from automations.admin.workflow.pages import page
from automations.models import Workflow
from automations.workflows.entering import COOLDOWN, OBSTACLES
from automations.workflows.explaining import LOOK_BACK, Why, why
from automations.workflows.happenings import EVENTS
from customers.models import Customer
from marketing_os.lib.errors import DomainError
from marketing_os.lib.filters import read_id
from messaging.admin.links import require_permission
from messaging.customer_page import reach_context
from segments.admin.verdicts import seen_words
from segments.services import find_customer

if TYPE_CHECKING:
    from automations.admin.workflow.workflow import WorkflowAdmin

VIEW_CUSTOMERS = "customers.view_customer"
_SENDING = ("send_email",)
_LONGEST = 320


@dataclass(frozen=True)
class Rule:
    """One rule of entering, whether the customer passes it, and what was seen."""

    words: str
    holds: bool
    seen: str = ""


def explain(
    model_admin: "WorkflowAdmin", request: HttpRequest, workflow: Workflow
) -> HttpResponse:
    """Ask about one customer, by ID (?id=) or by what somebody typed (?customer=)."""
    require_permission(request, VIEW_CUSTOMERS)
    text = request.GET.get("customer", "")[:_LONGEST]
    context: dict[str, Any] = {"text": text}
    try:
        customer = _asked(request.GET.get("id", ""), text)
        if customer is not None:
            context |= _told(workflow, customer, request)
    except DomainError as error:
        context["error"] = str(error)
    template = "admin/automations/workflow/why.html"
    return page(model_admin, request, workflow, template, context)


def of_customer(model_admin: "WorkflowAdmin", request: HttpRequest) -> HttpResponse:
    """Lead from a customer's page to the workflow that was chosen there."""
    customer = read_id(request.GET.get("id", ""))
    number = read_id(request.GET.get("workflow", ""))
    if not customer or not Workflow.objects.filter(pk=number or 0).exists():
        raise Http404(_("This workflow does not exist any more."))
    url = reverse("admin:automations_workflow_why", args=(number,))
    return HttpResponseRedirect(f"{url}?id={customer}")


def _asked(pk: str, text: str) -> Customer | None:
    number = read_id(pk)
    if number:
        return Customer.objects.filter(pk=number).first()
    return find_customer(text) if text else None


def _told(
    workflow: Workflow, customer: Customer, request: HttpRequest
) -> dict[str, Any]:
    found = why(workflow, customer, by=request.user)  # type: ignore[arg-type]
    context: dict[str, Any] = {
        "customer": customer,
        "found": found,
        "rules": _rules(workflow, found),
        "conditions": [
            (verdict, seen_words(verdict.seen))
            for verdict in (found.explanation.verdicts if found.explanation else ())
        ],
        "is_by_event": workflow.trigger.get("type") in EVENTS,
        "look_back_days": LOOK_BACK.days,
        "last_badge": found.last and enrolment_badge(found.last),
    }
    if _sends(workflow.steps):
        context["reach"] = reach_context(customer)
    return context


def _rules(workflow: Workflow, found: Why) -> list[Rule]:
    """List the rules of entering besides the trigger itself."""
    obstacle = str(OBSTACLES.get(found.obstacle, ""))
    if found.obstacle == COOLDOWN and found.until:
        until = date_format(localtime(found.until), "j M Y, H:i")
        obstacle += " " + _("It ends %s.") % until
    once = workflow.reentry == Workflow.Reentry.ONCE
    free = (
        _("Never was in it before.")
        if once
        else ngettext(
            "Is not on the way, and entered at least %s day ago if ever.",
            "Is not on the way, and entered at least %s days ago if ever.",
            workflow.cooldown_period_days,
        )
        % workflow.cooldown_period_days
    )
    return [
        Rule(_("The workflow is enabled."), found.is_enabled),
        Rule(_("The customer is neither archived nor erased."), found.is_there),
        Rule(free, not found.obstacle, obstacle),
    ]


def _sends(steps: list[dict[str, Any]]) -> bool:
    """Say whether a mail is among the steps or in their branches."""
    return any(
        step["type"] in _SENDING
        or _sends(step.get("yes", []))
        or _sends(step.get("no", []))
        for step in steps
    )

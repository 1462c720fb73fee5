"""Why a customer is in a workflow, or not: rule by rule, with what was seen."""

from collections.abc import Iterator
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
from automations.workflows.drafts import all_steps, read_draft
from automations.workflows.entering import COOLDOWN, OBSTACLES
from automations.workflows.explaining import LOOK_BACK, Why, why
from automations.workflows.happenings import EVENTS
from automations.workflows.steps.sending import SendEmail
from customers.models import Customer
from marketing_os.lib.errors import DomainError
from marketing_os.lib.filters import read_id
from messaging import explanations
from messaging.admin.links import require_permission
from messaging.models import Delivery
from messaging.services import RecipientPolicy, forecast
from segments.admin.verdicts import seen_words
from segments.conditions import Catalogue
from segments.services import find_customer

if TYPE_CHECKING:
    from automations.admin.workflow.workflow import WorkflowAdmin

_State, _Reason = Delivery.State, Delivery.Reason
VIEW_CUSTOMERS = "customers.view_customer"
_LONGEST = 320


@dataclass(frozen=True)
class Mail:
    """What would become of a mail of a workflow if it was to go out now."""

    words: str
    tone: str
    verdict: Any
    reason: Any = ""


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
    return {
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
        "mails": list(_mails(workflow, customer)),
    }


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


def _mails(workflow: Workflow, customer: Customer) -> Iterator[Mail]:
    """Judge each mail of a workflow as the step would that sends it."""
    for one in all_steps(read_draft(workflow.steps, Catalogue())):
        if not isinstance(one.step, SendEmail):
            continue
        template = one.step.template
        try:
            if template is None:
                raise DomainError(_("The template is not there any more."))
            counts = forecast(
                template=template,
                audience=Customer.objects.filter(pk=customer.pk),
                series=f"workflow-step:{workflow.pk}:{one.id}",
                policy=RecipientPolicy(),
            )
        except DomainError as error:
            yield Mail(one.words, "danger", _("Cannot be sent"), str(error))
            continue
        # Who is archived is in no audience.
        state, reason = next(iter(counts), (_State.SKIPPED, _Reason.ARCHIVED))
        yield Mail(one.words, *_judged(state, reason))


def _judged(state: str, reason: str) -> tuple[str, Any, Any]:
    why_not = explanations.REASONS.get(reason, "")
    if state == _State.SKIPPED:
        return "danger", _("Would be left out"), why_not
    if why_not:
        return "warning", _("Would wait"), why_not
    return "good", _("Would go out"), ""

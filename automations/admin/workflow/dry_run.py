"""Who would enter a workflow now, and letting them in at once."""

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from automations.admin.workflow.pages import page
from automations.admin.workflow.why import VIEW_CUSTOMERS
from automations.models import Workflow, WorkflowLook
from automations.services.looks import ask_check, ask_dry_run
from automations.services.workflows import BY_API
from automations.tasks import look_at_triggers
from automations.workflows.entering import OBSTACLES
from automations.workflows.happenings import EVENTS
from customers.models import Customer
from marketing_os.lib.errors import DomainError
from marketing_os.lib.filters import read_id
from marketing_os.lib.hints import wake

if TYPE_CHECKING:
    from automations.admin.workflow.workflow import WorkflowAdmin

_DAYS = (1, 7)
_CHECKS_SHOWN = 5


def show(
    model_admin: "WorkflowAdmin", request: HttpRequest, workflow: Workflow
) -> HttpResponse:
    """Say who would enter if the trigger were asked now."""
    days = 7 if request.GET.get("days") == "7" else 1
    context = {"days": days, "choices": _DAYS}
    context |= figures(request, workflow, days=days)
    template = "admin/automations/workflow/dry_run.html"
    return page(model_admin, request, workflow, template, context)


def check_now(
    model_admin: "WorkflowAdmin", request: HttpRequest, workflow: Workflow
) -> HttpResponse:
    """Ask whether all whom the trigger means are to enter now, and let them in."""
    if not model_admin.has_change_permission(request, workflow):
        raise PermissionDenied
    if request.method == "POST":
        return _check(request, workflow)
    checks = workflow.looks.filter(lets_in=True).select_related("requested_by")
    under_way = checks.filter(finished_at=None).first()
    kind = workflow.trigger.get("type")
    context: dict[str, Any] = {
        "under_way": under_way,
        "checks": checks.exclude(finished_at=None)[:_CHECKS_SHOWN],
        "is_by_event": kind in EVENTS,
    }
    if under_way:
        context |= _waiting(under_way)
    elif workflow.is_enabled and kind not in EVENTS:
        context |= figures(request, workflow)
    template = "admin/automations/workflow/check.html"
    return page(model_admin, request, workflow, template, context)


def look(
    model_admin: "WorkflowAdmin", request: HttpRequest, workflow: Workflow
) -> HttpResponse:
    """Show how long a look has been going on, for the page that waits for it."""
    number = read_id(request.GET.get("look", ""))
    found = workflow.looks.filter(pk=number or 0).first()
    context = _waiting(found) if found else {}
    template = "admin/automations/workflow/waiting.html"
    return TemplateResponse(request, template, context)


def figures(
    request: HttpRequest, workflow: Workflow, *, days: int = 1
) -> dict[str, Any]:
    """Return what entering/figures.html shows; what takes long is left to a worker."""
    kind = workflow.trigger.get("type")
    if kind == BY_API:
        return {"is_by_api": True}
    found = ask_dry_run(workflow, days=days, by=request.user)  # type: ignore[arg-type]
    if found.is_waiting:
        wake(look_at_triggers)
    known = Customer.objects.in_bulk(found.first)
    return {
        **_waiting(found),
        "is_by_event": kind in EVENTS,
        "may_see_customers": request.user.has_perm(VIEW_CUSTOMERS),
        "first": [known[pk] for pk in found.first if pk in known],
        "kept_out": [
            (OBSTACLES.get(name, name), count)
            for name, count in sorted(found.kept_out.items(), key=lambda one: -one[1])
        ],
    }


def _check(request: HttpRequest, workflow: Workflow) -> HttpResponse:
    try:
        ask_check(workflow, by=request.user)  # type: ignore[arg-type]
    except DomainError as error:
        messages.error(request, str(error))
    else:
        wake(look_at_triggers)
    url = reverse("admin:automations_workflow_check_now", args=(workflow.pk,))
    return HttpResponseRedirect(url)


def _waiting(found: WorkflowLook) -> dict[str, Any]:
    passed = timezone.now() - found.requested_at
    return {
        "look": found,
        "is_waiting": found.is_waiting,
        "waiting_seconds": int(passed.total_seconds()),
    }

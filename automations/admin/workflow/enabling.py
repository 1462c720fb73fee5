"""The page that walks through a workflow before it is enabled."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.admin.workflow.dry_run import figures
from automations.admin.workflow.pages import page
from automations.models import Workflow
from automations.services.looks import ask_check
from automations.services.workflows import BY_API, enable
from automations.tasks import look_at_triggers
from automations.workflows.drafts import read_draft
from automations.workflows.readiness import (
    Problem,
    first_check_at,
    problems_of,
    warnings_of,
)
from automations.workflows.trigger_fields import trigger_words
from automations.workflows.triggers import DAILY
from marketing_os.lib.errors import DomainError
from marketing_os.lib.hints import wake
from segments.conditions import Catalogue

if TYPE_CHECKING:
    from automations.admin.workflow.workflow import WorkflowAdmin

_AT_CHECK, _AT_ONCE, _LEAVE_OUT = "at_check", "at_once", "leave_out"
_MATCHING = (
    (_AT_CHECK, gettext_lazy("Let them in when the trigger is asked first")),
    (_AT_ONCE, gettext_lazy("Let them in now")),
    (
        _LEAVE_OUT,
        gettext_lazy(
            "Leave them out until they have ceased to match: only who comes to match"
            " later enters"
        ),
    ),
)
_EDIT = gettext_lazy("Edit the workflow")


@dataclass(frozen=True)
class Mend:
    """A problem with the page on which it is mended."""

    problem: Problem
    url: str
    title: Any


def enable_it(
    model_admin: "WorkflowAdmin", request: HttpRequest, workflow: Workflow
) -> HttpResponse:
    """Say what a workflow will do and what keeps it from it, and enable it."""
    if not model_admin.has_change_permission(request, workflow):
        raise PermissionDenied
    if request.method == "POST" and workflow.is_enabled:
        messages.info(request, _("“%s” is enabled already.") % workflow)
        return HttpResponseRedirect(workflow.get_absolute_url())
    steps = read_draft(workflow.steps, Catalogue())
    problems = problems_of(workflow, steps)
    if request.method == "POST" and not problems:
        return _enable(request, workflow)
    title, parameters = trigger_words(workflow.trigger)
    context: dict[str, Any] = {
        "trigger_title": title,
        "trigger_parameters": parameters,
        "steps": steps,
        "mends": [_mend(workflow, one) for one in problems],
        "warnings": list(warnings_of(steps)),
        "starts": _starts(workflow),
        "is_daily": _is_daily(workflow),
        "choices": _MATCHING,
        "paused": workflow.enrolments.filter(state="paused").count(),
    }
    if not problems and not workflow.is_enabled:
        context |= figures(request, workflow)
    template = "admin/automations/workflow/enable.html"
    return page(model_admin, request, workflow, template, context)


def _enable(request: HttpRequest, workflow: Workflow) -> HttpResponse:
    chosen = request.POST.get("matching") if _is_daily(workflow) else ""
    leaves_out = chosen == _LEAVE_OUT
    try:
        workflow = enable(workflow, leaves_out=leaves_out, by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("“%s” is enabled.") % workflow)
        if chosen == _AT_ONCE:
            ask_check(workflow, by=request.user)  # type: ignore[arg-type]
            wake(look_at_triggers)
            name = "check_now"
        else:
            name = "view"
    except DomainError as error:
        messages.error(request, str(error))
        name = "enable"
    url = reverse(f"admin:automations_workflow_{name}", args=(workflow.pk,))
    return HttpResponseRedirect(url)


def _is_daily(workflow: Workflow) -> bool:
    return workflow.trigger.get("type") in DAILY


def _starts(workflow: Workflow) -> str:
    """Say when members begin to enter."""
    if workflow.trigger.get("type") == BY_API:
        return _("Members enter when another system asks for it by the API.")
    if not _is_daily(workflow):
        return _("Members enter within seconds of what starts it, from now on.")
    try:
        at = first_check_at(workflow, timezone.now())
    except DomainError as error:
        return str(error)
    return _("The trigger is asked every day at %(hour)s:00, first on %(when)s.") % {
        "hour": f"{workflow.check_hour:02d}",
        "when": f"{date_format(at, 'D j M Y, H:i')} {at.tzname()}",
    }


def _mend(workflow: Workflow, problem: Problem) -> Mend:
    if problem.key == "template_id" and isinstance(problem.value, int):
        url = reverse("admin:messaging_messagetemplate_change", args=(problem.value,))
        return Mend(problem, url, _("Open the template"))
    if problem.key in ("trigger", "attribute"):
        url = reverse("admin:customers_attributedefinition_changelist")
        return Mend(problem, url, _("Attributes"))
    if problem.key == "url":
        url = reverse("admin:automations_webhookendpoint_changelist")
        return Mend(problem, url, _("Webhook endpoints"))
    url = reverse("admin:automations_workflow_change", args=(workflow.pk,))
    return Mend(problem, url, _EDIT)

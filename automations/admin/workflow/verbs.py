"""What one does with a workflow from its page: copy it, put it away, switch it off."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.urls import reverse
from django.utils.translation import gettext as _

from automations.admin.workflow import pages
from automations.models import Enrolment, Workflow
from automations.services.workflow_shelf import archive, duplicate, unarchive
from automations.services.workflows import OnTheWay, disable
from marketing_os.lib.errors import DomainError

if TYPE_CHECKING:
    from automations.admin.workflow.workflow import WorkflowAdmin


def url_of(workflow: Workflow, name: str) -> str:
    return reverse(f"admin:automations_workflow_{name}", args=(workflow.pk,))


def duplicate_it(
    model_admin: "WorkflowAdmin", request: HttpRequest, workflow: Workflow
) -> HttpResponse:
    if not model_admin.has_add_permission(request):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    made: list[Workflow] = []
    if not _done(request, lambda: made.append(duplicate(workflow, by=request.user))):  # type: ignore[arg-type]
        return HttpResponseRedirect(workflow.get_absolute_url())
    messages.success(request, _("This is the copy. It is not enabled."))
    return HttpResponseRedirect(url_of(made[0], "change"))


def archive_it(
    model_admin: "WorkflowAdmin", request: HttpRequest, workflow: Workflow
) -> HttpResponse:
    """Put a workflow away, or take it out again."""
    if not model_admin.has_change_permission(request, workflow):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    takes_out = request.POST.get("to") == "use"
    verb = unarchive if takes_out else archive
    if _done(request, lambda: verb(workflow, by=request.user)):  # type: ignore[arg-type]
        words = (
            _("“%s” is in use again. It is not enabled.")
            if takes_out
            else _("“%s” is archived. The list shows it under “Archived”.")
        )
        messages.success(request, words % workflow)
    return HttpResponseRedirect(workflow.get_absolute_url())


def disable_it(
    model_admin: "WorkflowAdmin", request: HttpRequest, workflow: Workflow
) -> HttpResponse:
    """Ask what becomes of the people on the way, and let nobody in any more."""
    if not model_admin.has_change_permission(request, workflow):
        raise PermissionDenied
    if not workflow.is_enabled:
        messages.info(request, _("“%s” is not enabled.") % workflow)
        return HttpResponseRedirect(workflow.get_absolute_url())
    choice = request.POST.get("on_the_way", "")
    if request.method == "POST" and choice in OnTheWay.values:
        disable(workflow, on_the_way=OnTheWay(choice), by=request.user)  # type: ignore[arg-type]
        messages.success(request, _("“%s” is disabled: nobody enters it.") % workflow)
        return HttpResponseRedirect(workflow.get_absolute_url())
    context = {
        "on_the_way": Enrolment.objects.filter(
            version__workflow=workflow, state=Enrolment.State.ACTIVE
        ).count(),
        "problem": _("Choose one of the three.") if request.method == "POST" else "",
    }
    template = "admin/automations/workflow/disable.html"
    return pages.page(model_admin, request, workflow, template, context)


def _done(request: HttpRequest, work: Callable[[], object]) -> bool:
    """Do something, and tell the person if it is refused."""
    try:
        work()
    except DomainError as error:
        messages.error(request, str(error))
        return False
    return True

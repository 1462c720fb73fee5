"""The pages of one workflow: its picture with the people in it, and its versions."""

import re
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from automations.admin.workflow.badges import workflow_badge
from automations.admin.workflow.picture import Links, people_figures, picture
from automations.models import Workflow, WorkflowVersion
from automations.workflows.figures import figures_of
from automations.workflows.people import on_the_way, people_at

if TYPE_CHECKING:
    from automations.admin.workflow.workflow import WorkflowAdmin

_NUMBER = re.compile(r"[0-9]{1,9}")


def show(
    model_admin: "WorkflowAdmin", request: HttpRequest, workflow: Workflow
) -> HttpResponse:
    """Show what a workflow does, and where its people are."""
    version = _chosen(workflow, request.GET.get("version"))
    [counted] = people_at(workflow, versions=[version])
    links = Links(request, workflow)
    context = {
        "people": people_figures(figures_of([workflow])[workflow.pk], links),
        "counted": counted,
        "others": [
            (number, people_words(number, count))
            for number, count in on_the_way(workflow)
            if number != version.number
        ],
        **picture(counted, links),
    }
    return page(
        model_admin, request, workflow, "admin/automations/workflow/view.html", context
    )


def versions(
    model_admin: "WorkflowAdmin", request: HttpRequest, workflow: Workflow
) -> HttpResponse:
    """List the versions, each with who went through it."""
    context = {"versions": people_at(workflow)}
    template = "admin/automations/workflow/versions.html"
    return page(model_admin, request, workflow, template, context)


def page(
    model_admin: "WorkflowAdmin",
    request: HttpRequest,
    workflow: Workflow,
    template: str,
    context: dict[str, Any],
) -> HttpResponse:
    """Render a page of a workflow with its head and its buttons."""
    return model_admin.page(
        request,
        template,
        {
            "title": str(workflow),
            "original": workflow,
            "workflow": workflow,
            "badge": workflow_badge(workflow),
            "may_change": model_admin.has_change_permission(request, workflow),
            "may_add": model_admin.has_add_permission(request),
            "may_delete": model_admin.has_delete_permission(request, workflow),
            **context,
        },
    )


def _chosen(workflow: Workflow, asked: str | None) -> WorkflowVersion:
    """Return the version whose number is asked for, the current one where none is."""
    if asked is None and workflow.current_version:
        return workflow.current_version
    number = int(asked) if asked and _NUMBER.fullmatch(asked) else 0
    version = workflow.versions.filter(number=number).first()
    if version is None:
        raise Http404(_("There is no such version."))
    return version


def people_words(number: int, count: int) -> str:
    """Say how many people are on their way in a version."""
    words = ngettext(
        "%(count)s person is in version %(number)s.",
        "%(count)s people are in version %(number)s.",
        count,
    )
    return words % {"count": f"{count:,}", "number": number}

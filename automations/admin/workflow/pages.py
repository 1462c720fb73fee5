"""The pages of one workflow: its picture with the people in it, and its versions."""

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from automations.admin.workflow.badges import workflow_badge
from automations.admin.workflow.picture import Links, people_figures, picture
from automations.models import Workflow
from automations.workflows.figures import figures_of
from automations.workflows.people import VersionPeople, people_at

if TYPE_CHECKING:
    from automations.admin.workflow.workflow import WorkflowAdmin


def show(
    model_admin: "WorkflowAdmin", request: HttpRequest, workflow: Workflow
) -> HttpResponse:
    """Show what a workflow does, and where its people are."""
    counted = people_at(workflow)
    current = _chosen(counted, request.GET.get("version"), workflow)
    links = Links(request, workflow)
    context = {
        "people": people_figures(figures_of([workflow])[workflow.pk], links),
        "counted": current,
        "others": _others(counted, current),
        **picture(current, links),
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


def _chosen(
    counted: list[VersionPeople], asked: str | None, workflow: Workflow
) -> VersionPeople:
    if asked is None:
        current = workflow.current_version_id
        return next(one for one in counted if one.version.pk == current)
    for one in counted:
        if str(one.version.number) == asked:
            return one
    raise Http404(_("There is no such version."))


def _others(
    counted: list[VersionPeople], current: VersionPeople
) -> list[tuple[int, str]]:
    """Say how many people are on their way in other versions than the one shown."""
    return [
        (one.version.number, people_words(one.version.number, one.on_the_way))
        for one in counted
        if one is not current and one.on_the_way
    ]


def people_words(number: int, count: int) -> str:
    """Say how many people are on their way in a version."""
    words = ngettext(
        "%(count)s person is in version %(number)s.",
        "%(count)s people are in version %(number)s.",
        count,
    )
    return words % {"count": f"{count:,}", "number": number}

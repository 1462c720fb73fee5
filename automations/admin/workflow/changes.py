"""The history of a workflow: who changed what, line by line."""

from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from automations.admin.workflow import pages
from automations.admin.workflow.picture import tree_words
from automations.models import Workflow
from automations.workflows.drafts import outline, read_draft
from automations.workflows.trigger_fields import trigger_words
from marketing_os.lib.admin_changes import changes_context
from segments.conditions import Catalogue

if TYPE_CHECKING:
    from automations.admin.workflow.workflow import WorkflowAdmin

_LABELS = {
    "name": gettext_lazy("Name"),
    "description": gettext_lazy("Description"),
    "is_enabled": gettext_lazy("State"),
    "trigger": gettext_lazy("What starts it"),
    "steps": gettext_lazy("Steps"),
    "goal": gettext_lazy("Goal"),
    "exit_conditions": gettext_lazy("Leave when"),
    "context": gettext_lazy("Values for messages"),
    "again": gettext_lazy("How often for each member"),
    "at_unsubscribe": gettext_lazy("Who unsubscribes"),
    "check": gettext_lazy("Daily check"),
}


def show(
    model_admin: "WorkflowAdmin", request: HttpRequest, workflow: Workflow
) -> HttpResponse:
    """List the changes of a workflow, the newest first."""
    states = workflow.history.all()  # type: ignore[attr-defined]
    context = changes_context(request, states, _LABELS, _texts)
    template = "admin/automations/workflow/changes.html"
    return pages.page(model_admin, request, workflow, template, context)


def _texts(state: Any) -> dict[str, str]:
    title, parameters = trigger_words(state.trigger)
    return {
        "name": state.name,
        "description": state.description,
        "is_enabled": _state(state),
        "trigger": _lines(
            [title, *(f"{label}: {words}" for label, words in parameters)]
        ),
        "steps": _lines(outline(read_draft(state.steps, Catalogue()))),
        "goal": tree_words(state.goal),
        "exit_conditions": tree_words(state.exit_conditions),
        "context": _lines(f"{name}: {value}" for name, value in state.context.items()),
        "again": _again(state),
        "at_unsubscribe": state.get_at_unsubscribe_display(),
        "check": f"{state.check_hour:02}:00 {state.timezone}".strip(),
    }


def _again(state: Any) -> str:
    days = ngettext("cooldown %s day", "cooldown %s days", state.cooldown_period_days)
    return f"{state.get_reentry_display()}; {days % state.cooldown_period_days}"


def _state(state: Any) -> str:
    if state.archived_at:
        return _("Archived")
    return _("Enabled") if state.is_enabled else _("Disabled")


def _lines(lines: Any) -> str:
    return "\n".join(lines)

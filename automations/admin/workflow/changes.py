"""The history of a workflow: who changed what, line by line."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from automations.admin.workflow import pages
from automations.admin.workflow.picture import tree_words
from automations.models import Workflow
from automations.workflows.drafts import outline, read_draft
from automations.workflows.trigger_fields import trigger_words
from marketing_os.lib.differences import Line, differences
from segments.conditions import Catalogue

if TYPE_CHECKING:
    from automations.admin.workflow.workflow import WorkflowAdmin

_PER_PAGE = 20
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


@dataclass(frozen=True)
class FieldChange:
    """A field with its lines before and after; `title` tells it from all others."""

    label: str
    title: str
    lines: list[Line]


@dataclass(frozen=True)
class Change:
    """One time that the workflow was saved."""

    state: Any
    fields: list[FieldChange]


def show(
    model_admin: "WorkflowAdmin", request: HttpRequest, workflow: Workflow
) -> HttpResponse:
    """List the changes of a workflow, the newest first."""
    states = workflow.history.select_related("history_user")  # type: ignore[attr-defined]
    shown = Paginator(states, _PER_PAGE).get_page(request.GET.get("p"))
    newer = list(shown.object_list)
    older = [*newer[1:], *states[shown.end_index() : shown.end_index() + 1]]
    changes = [
        _change(state, older[place] if place < len(older) else None)
        for place, state in enumerate(newer)
    ]
    context = {"changes": changes, "page": shown}
    template = "admin/automations/workflow/changes.html"
    return pages.page(model_admin, request, workflow, template, context)


def _change(state: Any, before: Any) -> Change:
    when = date_format(localtime(state.history_date), "j M Y, H:i:s")
    old = _texts(before) if before is not None else {}
    changed = differences(old, _texts(state), fields=_LABELS)
    return Change(
        state,
        [
            FieldChange(
                str(_LABELS[one.field]), f"{_LABELS[one.field]}, {when}", one.lines
            )
            for one in changed
        ],
    )


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

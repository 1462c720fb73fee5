"""The history of a segment: who changed what, line by line."""

import json
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy

from marketing_os.lib.admin_changes import changes_context
from segments.admin.frame import page
from segments.models import Segment

if TYPE_CHECKING:
    from segments.admin.segment import SegmentAdmin

_LABELS = {
    "name": gettext_lazy("Name"),
    "description": gettext_lazy("Description"),
    "type": gettext_lazy("Type"),
    "selection_sql": gettext_lazy("SQL"),
    "conditions": gettext_lazy("Conditions"),
    "handler_function": gettext_lazy("Function"),
    "handler_parameters": gettext_lazy("Parameters"),
}


def history(
    model_admin: "SegmentAdmin", request: HttpRequest, segment: Segment
) -> HttpResponse:
    """List the changes of a segment, the newest first."""
    states = segment.history.all()
    context = changes_context(request, states, _LABELS, _texts)
    return page(model_admin, request, segment, "admin/segments/history.html", context)


def _texts(state: Any) -> dict[str, str]:
    return {
        "name": state.name,
        "description": state.description,
        "type": state.get_type_display(),
        "selection_sql": state.selection_sql,
        "conditions": _json(state.conditions),
        "handler_function": state.handler_function,
        "handler_parameters": _json(state.handler_parameters),
    }


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) if value else ""

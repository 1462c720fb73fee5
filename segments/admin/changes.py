"""The history of a segment: who changed what, line by line."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy

from marketing_os.lib.differences import Line, differences
from segments.admin.frame import page
from segments.models import Segment

if TYPE_CHECKING:
    from segments.admin.segment import SegmentAdmin

_PER_PAGE = 20
_LABELS = {
    "name": gettext_lazy("Name"),
    "description": gettext_lazy("Description"),
    "type": gettext_lazy("Type"),
    "selection_sql": gettext_lazy("SQL"),
    "conditions": gettext_lazy("Conditions"),
    "handler_function": gettext_lazy("Function"),
    "handler_parameters": gettext_lazy("Parameters"),
}


@dataclass(frozen=True)
class FieldChange:
    """A field with its lines before and after; `title` tells it from all others."""

    label: str
    title: str
    lines: list[Line]


@dataclass(frozen=True)
class Change:
    """One time that the segment was saved."""

    state: Any
    fields: list[FieldChange]


def history(
    model_admin: "SegmentAdmin", request: HttpRequest, segment: Segment
) -> HttpResponse:
    """List the changes of a segment, the newest first."""
    states = segment.history.select_related("history_user")
    shown = Paginator(states, _PER_PAGE).get_page(request.GET.get("p"))
    newer = list(shown.object_list)
    older = [*newer[1:], *states[shown.end_index() : shown.end_index() + 1]]
    changes = [
        _change(state, older[place] if place < len(older) else None)
        for place, state in enumerate(newer)
    ]
    context = {"changes": changes, "page": shown}
    return page(model_admin, request, segment, "admin/segments/history.html", context)


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

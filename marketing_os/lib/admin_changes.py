"""The list of an object's changes: who saved what, line by line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.timezone import localtime

from marketing_os.lib.differences import Line, differences

_PER_PAGE = 20
Texts = Callable[[Any], Mapping[str, str]]


@dataclass(frozen=True)
class FieldChange:
    """A field with its lines before and after; `title` tells it from all others."""

    label: str
    title: str
    lines: list[Line]


@dataclass(frozen=True)
class Change:
    """One time that the object was saved."""

    state: Any
    fields: list[FieldChange]


def changes_context(
    request: HttpRequest,
    states: "QuerySet[Any]",
    labels: Mapping[str, Any],
    texts: Texts,
) -> dict[str, Any]:
    """Return what `admin/changes.html` shows of an object's `states`, newest first.

    `texts` gives the fields of a state as text; those that `labels` names are compared.
    """
    states = states.select_related("history_user")
    shown = Paginator(states, _PER_PAGE).get_page(request.GET.get("p"))
    newer = list(shown.object_list)
    older = [*newer[1:], *states[shown.end_index() : shown.end_index() + 1], None]
    changes = [
        _change(state, before, labels, texts)
        for state, before in zip(newer, older, strict=False)
    ]
    return {"changes": changes, "page": shown}


def _change(state: Any, before: Any, labels: Mapping[str, Any], texts: Texts) -> Change:
    when = date_format(localtime(state.history_date), "j M Y, H:i:s")
    old = texts(before) if before is not None else {}
    changed = differences(old, texts(state), fields=labels)
    return Change(
        state,
        [
            FieldChange(
                str(labels[one.field]), f"{labels[one.field]}, {when}", one.lines
            )
            for one in changed
        ],
    )

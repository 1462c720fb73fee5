"""The JSON schemas of what several kinds share, and how a window is read."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from psycopg import sql

from segments.conditions.comparisons import (
    OPERATORS,
    Comparison,
    during,
    read_comparison,
)
from segments.conditions.entry import (
    BIGGEST_ID,
    LONGEST_TEXT,
    MOST_DAYS,
    MOST_TIMES,
    MOST_VALUES,
    Entry,
)
from segments.conditions.moments import Clock, Moment
from segments.conditions.predicate import TRUE
from segments.conditions.words import period_words

TEXT: dict[str, object] = {
    "type": "string",
    "minLength": 1,
    "maxLength": LONGEST_TEXT,
}
TEXTS: dict[str, object] = {
    "type": "array",
    "items": TEXT,
    "minItems": 1,
    "maxItems": MOST_VALUES,
}
ID: dict[str, object] = {"type": "integer", "minimum": 1, "maximum": BIGGEST_ID}
WHOLE: dict[str, object] = {"type": "integer", "minimum": 0, "maximum": MOST_TIMES}
NUMBER: dict[str, object] = {"type": "number"}
COMPARING: dict[str, object] = {
    "operator": {
        "enum": sorted({name for named in OPERATORS.values() for name in named})
    },
    "value": {"description": "What the operator wants; a date is 2026-01-31."},
    "ignore_case": {"type": "boolean"},
}

WINDOWS = {
    name: OPERATORS["timestamp"][name]
    for name in ("last_days", "days_ago", "between", "on", "after", "before")
}
WINDOW: dict[str, object] = {
    "type": "object",
    "description": "When; left out, it is ever.",
    "properties": {
        "operator": {"enum": list(WINDOWS)},
        "value": {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": MOST_DAYS},
                {"type": "string", "format": "date"},
                {
                    "type": "array",
                    "items": {"type": "string", "format": "date"},
                    "minItems": 2,
                    "maxItems": 2,
                },
            ]
        },
    },
    "required": ["operator", "value"],
    "additionalProperties": False,
}


def choice(names: Mapping[str, Any] | tuple[str, ...]) -> dict[str, object]:
    return {"enum": list(names)}


Window = Comparison | None


def read_window(entry: Entry, key: str = "window") -> Window:
    """Read the period in which something happened; None is ever."""
    if not entry.has(key):
        return None
    inner = Entry(entry.values[key], entry.at(key))
    inner.insist_on_keys(("operator", "value"))
    inner.choice("operator", WINDOWS)
    return read_comparison(inner, "timestamp")


def in_window(window: Window, moment: Moment, clock: Clock) -> sql.Composable:
    if window is None:
        return TRUE
    return during(moment, window.operator, window.value, clock)


def window_words(window: Window) -> str:
    """Say the window with a space before it; nothing for ever."""
    if window is None:
        return ""
    return " " + period_words(window.operator, window.value)


def ever(window: Window) -> str:
    """Say the window of what never happened."""
    return window_words(window) or " " + _("ever")

"""What a person fills in for a trigger or a step, told so that a form can be made of it."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise

Words = str | Promise


class Kind(StrEnum):
    """How a parameter is entered, and what stands in the document for it."""

    TEXT = "text"
    LINES = "lines"  # a text of several lines
    WHOLE = "whole"
    NUMBER = "number"
    FLAG = "flag"  # true or false
    TIME = "time"  # "09:00"
    DAY = "day"  # "2026-01-31"
    CHOICE = "choice"  # one value of `choices`
    CHOICES = "choices"  # a list of values of `choices`
    CONDITIONS = "conditions"  # a document of conditions
    FILTERS = "filters"  # comparisons of an activity's properties


@dataclass(frozen=True)
class Field:
    """One parameter. Where it is not filled in, it is left out of the document.

    `choices` returns (value, words); with `suggestions` a text offers values and takes
    any. With `shown_for` it counts only where another parameter has one of some values:
    several fields may share a `key` so.
    """

    key: str
    label: Words
    kind: Kind = Kind.TEXT
    default: Any = None
    help: Words = ""
    choices: Callable[[], Iterable[tuple[Any, Words]]] | None = None
    suggestions: Callable[[], Iterable[str]] | None = None
    shown_for: tuple[str, Callable[[], Collection[str]]] | None = None


def keys_of(fields: Iterable[Field]) -> tuple[str, ...]:
    """Return the names of the parameters, each once."""
    return tuple(dict.fromkeys(field.key for field in fields))

"""What a person fills in for a trigger or a step, told so that a form can be made of it."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from segments.conditions import Catalogue, read_document
from segments.conditions.kinds.activities import PropertyFilter
from segments.conditions.tree import node_words
from segments.errors import ConditionError

Words = str | Promise


class Kind(StrEnum):
    """How a parameter is entered, and what stands in the document for it."""

    TEXT = "text"
    LINES = "lines"  # a text of several lines
    WHOLE = "whole"
    NUMBER = "number"
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


def one_of(key: str, label: Words, options: Mapping[Any, Words], **more: Any) -> Field:
    """Return the choice of one of some values, each with its words; at first the first."""
    more.setdefault("default", next(iter(options)))
    return Field(key, label, Kind.CHOICE, choices=options.items, **more)


def shown_for(key: str, *values: str) -> tuple[str, Callable[[], Collection[str]]]:
    """Say that a field counts only where another parameter has one of some values."""
    return key, lambda: values


def keys_of(fields: Iterable[Field]) -> tuple[str, ...]:
    """Return the names of the parameters, each once."""
    return tuple(dict.fromkeys(field.key for field in fields))


def shown_fields(fields: Iterable[Field], parameters: Any) -> list[Field]:
    """Return the fields that count for some parameters."""
    known = parameters if isinstance(parameters, dict) else {}
    listed = list(fields)
    defaults = {field.key: field.default for field in listed if field.default}

    def counts(field: Field) -> bool:
        if field.shown_for is None:
            return True
        key, values = field.shown_for
        return known.get(key, defaults.get(key)) in values()

    return [field for field in listed if counts(field)]


def words_of(fields: Iterable[Field], parameters: Any) -> list[tuple[str, str]]:
    """Return what was filled in, or is taken where nothing was, as (label, words)."""
    known = parameters if isinstance(parameters, dict) else {}
    told = (
        (field, known.get(field.key, field.default))
        for field in shown_fields(fields, known)
    )
    return [
        (str(field.label), _value_words(field, value))
        for field, value in told
        if value not in (None, "", [], {})
    ]


def _value_words(field: Field, value: Any) -> str:
    if field.kind == Kind.CONDITIONS:
        return _condition_words(value)
    if field.kind == Kind.FILTERS:
        return _filter_words(value)
    if field.choices is None:
        return str(value)
    words = {str(known): str(label) for known, label in field.choices()}
    chosen = value if isinstance(value, list) else [value]
    return ", ".join(words.get(str(one), str(one)) for one in chosen)


def _condition_words(document: Any) -> str:
    try:
        return node_words(read_document(document, Catalogue()).root)
    except ConditionError as error:
        return str(error)


def _filter_words(filters: Any) -> str:
    try:
        read = [PropertyFilter.read(one, "") for one in filters]
    except (ConditionError, TypeError) as error:
        return str(error)
    return _(" and ").join(one.words() for one in read)

"""Arguments of segment functions, as staff fill them in and the database keeps them."""

import datetime as dt
import enum
import inspect
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Union, get_args, get_origin

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from segments.errors import SegmentError

PLAIN_TYPES: tuple[type, ...] = (int, float, str, dt.date, bool)
_WANTED = (
    "int, float, str, bool, datetime.date, a Literal of texts or numbers, or an Enum"
)


@dataclass(frozen=True)
class Choice:
    """One of the values of an argument: `argument` is what the function is given."""

    label: str
    argument: Any


@dataclass(frozen=True)
class Parameter:
    """One argument of a segment function that staff fill in.

    `choices` are those of a Literal or an Enum, by the text that the database keeps.
    """

    name: str
    type: type
    default: Any = inspect.Parameter.empty
    choices: Mapping[str, Choice] = field(default_factory=dict)

    @property
    def is_required(self) -> bool:
        return self.default is inspect.Parameter.empty

    @property
    def label(self) -> str:
        return self.name.replace("_", " ").capitalize()

    def argument(self, stored: Mapping[str, Any]) -> Any:
        """Return what the function is given; raises SegmentError for a bad value."""
        if self.name in stored:
            return self._read(stored[self.name])
        if self.is_required:
            raise self._refusal()
        return self.default

    def shown(self, stored: Mapping[str, Any]) -> Any:
        """Return the value for its field in a form, be it stored or the default."""
        if self.name in stored:
            return stored[self.name]
        if self.is_required or self.default is None:
            return ""
        keys = [
            key for key, one in self.choices.items() if one.argument == self.default
        ]
        return keys[0] if keys else self.default

    def words(self, stored: Mapping[str, Any]) -> Any:
        """Return the value as it is told to a reader."""
        value = self.shown(stored)
        if isinstance(value, bool):
            return _("Yes") if value else _("No")
        choice = self.choices.get(str(value))
        return choice.label if choice else value

    def _read(self, value: Any) -> Any:
        if self.choices:
            if not isinstance(value, str) or value not in self.choices:
                raise self._refusal()
            return self.choices[value].argument
        if self.type is dt.date and isinstance(value, str):
            value = _date(value)
        if self.type is float and type(value) is int:
            value = _float(value)
        if type(value) is not self.type:
            raise self._refusal()
        return value

    def _refusal(self) -> SegmentError:
        return SegmentError(
            _("The parameter “%(label)s” has no valid value.") % {"label": self.label}
        )


def parameters_of(name: str, find: Callable[..., Any]) -> tuple[Parameter, ...]:
    """Read the arguments off a function's signature.

    Raises TypeError where one has no type that a form can ask for, or a default of
    another type.
    """
    signature = inspect.signature(find, eval_str=True)
    return tuple(_parameter(name, one) for one in signature.parameters.values())


def _parameter(function: str, declared: inspect.Parameter) -> Parameter:
    said = f"Argument {declared.name!r} of segment function {function!r}"
    if declared.kind in (declared.VAR_POSITIONAL, declared.VAR_KEYWORD):
        raise TypeError(f"{said} is no single value; name each argument.")
    if declared.kind is declared.POSITIONAL_ONLY:
        raise TypeError(f"{said} must be one that can be given by its name.")
    annotation, is_optional = _without_none(declared.annotation)
    choices = _choices(annotation)
    if not choices and annotation not in PLAIN_TYPES:
        raise TypeError(f"{said} needs a type: {_WANTED}.")
    default = declared.default
    if annotation is float and type(default) is int:
        default = float(default)
    is_kept = default is declared.empty or (is_optional and default is None)
    if not is_kept and not _is_value(default, annotation, choices):
        raise TypeError(f"{said} has a default that is not of its type.")
    kind = str if choices else annotation
    return Parameter(declared.name, kind, default, choices)


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """Take None out of a union with one type; whatever else is left as it is."""
    if get_origin(annotation) not in (Union, types.UnionType):
        return annotation, False
    left = [one for one in get_args(annotation) if one is not types.NoneType]
    return (left[0], True) if len(left) == 1 else (annotation, False)


def _choices(annotation: Any) -> dict[str, Choice]:
    if get_origin(annotation) is Literal:
        values = get_args(annotation)
        if all(type(value) in (str, int) for value in values):
            return {str(value): Choice(str(value), value) for value in values}
    if isinstance(annotation, enum.EnumMeta):
        members: list[enum.Enum] = list(annotation)
        return {one.name: Choice(_member_label(one), one) for one in members}
    return {}


def _member_label(member: enum.Enum) -> str:
    label = getattr(member, "label", None)  # Django's choices have one
    return str(label or member.name.replace("_", " ").capitalize())


def _is_value(default: Any, annotation: Any, choices: Mapping[str, Choice]) -> bool:
    if choices:
        return any(
            one.argument == default and type(one.argument) is type(default)
            for one in choices.values()
        )
    return type(default) is annotation


def _date(text: str) -> dt.date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _float(number: int) -> float | None:
    try:
        return float(number)
    except OverflowError:
        return None

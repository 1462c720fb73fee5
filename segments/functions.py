"""Functions that find customers, registered by name.

A `segment_functions.py` of any installed app, or a module named in the setting
SEGMENT_FUNCTIONS, registers them with the decorator. The database only ever holds
the name, so nobody can make the product import or run anything else.
"""

import datetime as dt
import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeVar

from django.conf import settings
from django.utils.dateparse import parse_date
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext as _

from segments.errors import SegmentError

FoundIds = Iterable[Any]
Finder = TypeVar("Finder", bound=Callable[..., FoundIds])

PARAMETER_TYPES: tuple[type, ...] = (int, float, str, dt.date, bool)


@dataclass(frozen=True)
class Parameter:
    """One argument of a segment function that staff fill in."""

    name: str
    type: type
    default: Any = inspect.Parameter.empty

    @property
    def is_required(self) -> bool:
        return self.default is inspect.Parameter.empty

    @property
    def label(self) -> str:
        return self.name.replace("_", " ").capitalize()

    def read(self, value: Any) -> Any:
        """Turn what the database keeps, JSON, into the argument's own type."""
        if self.type is dt.date and isinstance(value, str):
            value = parse_date(value)
        if self.type is float and type(value) is int:
            value = float(value)
        if type(value) is not self.type:
            raise SegmentError(
                _("The parameter “%(label)s” has no valid value.")
                % {"label": self.label}
            )
        return value


@dataclass(frozen=True)
class SegmentFunction:
    """A registered function with what its drop-down and form need."""

    name: str
    label: str
    find: Callable[..., FoundIds]
    parameters: tuple[Parameter, ...]

    @property
    def description(self) -> str:
        return inspect.getdoc(self.find) or ""

    def arguments(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return what to call the function with; unknown names are left out."""
        return {
            parameter.name: parameter.read(stored[parameter.name])
            if parameter.name in stored
            else parameter.read(parameter.default)
            for parameter in self.parameters
        }


_functions: dict[str, SegmentFunction] = {}
_discovered = False


def segment_function(name: str, *, label: str = "") -> Callable[[Finder], Finder]:
    """Register a function that returns customers: IDs, or a queryset of Customer.

    Its arguments become form fields; each needs a type among int, float, str, date
    and bool. Its docstring is shown to staff.
    """

    def register(find: Finder) -> Finder:
        known = _functions.get(name)
        if known is not None and known.find.__module__ != find.__module__:
            raise ValueError(
                f"Segment function {name!r} is registered twice: "
                f"in {known.find.__module__} and in {find.__module__}."
            )
        _functions[name] = SegmentFunction(
            name=name,
            label=label or name.replace("_", " ").capitalize(),
            find=find,
            parameters=_parameters(name, find),
        )
        return find

    return register


def segment_functions() -> dict[str, SegmentFunction]:
    """Return all registered functions by name, sorted by label."""
    global _discovered
    if not _discovered:
        autodiscover_modules("segment_functions")
        for module in settings.SEGMENT_FUNCTIONS:
            import_module(module)
        _discovered = True
    return dict(sorted(_functions.items(), key=lambda item: item[1].label))


def find_function(name: str) -> SegmentFunction | None:
    """Return the function registered under `name`, if there is one."""
    return segment_functions().get(name)


def _parameters(name: str, find: Callable[..., FoundIds]) -> tuple[Parameter, ...]:
    found = []
    for parameter in inspect.signature(find, eval_str=True).parameters.values():
        if parameter.annotation not in PARAMETER_TYPES:
            raise TypeError(
                f"Argument {parameter.name!r} of segment function {name!r} needs a "
                "type: int, float, str, datetime.date or bool."
            )
        found.append(Parameter(parameter.name, parameter.annotation, parameter.default))
    return tuple(found)

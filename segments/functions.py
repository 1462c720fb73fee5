"""Functions that find customers, registered by name.

A `segment_functions.py` of any installed app, or a module named in the setting
SEGMENT_FUNCTIONS, registers them with the decorator. The database only ever holds
the name, so nobody can make the product import or run anything else.
"""

import inspect
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, TypeVar

from django.apps import apps
from django.conf import settings
from django.utils.module_loading import module_has_submodule

from segments.parameters import Parameter, parameters_of

logger = logging.getLogger(__name__)

FoundIds = Iterable[Any]
Finder = TypeVar("Finder", bound=Callable[..., FoundIds])


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
        return {one.name: one.argument(stored) for one in self.parameters}


_functions: dict[str, SegmentFunction] = {}
_unloadable: dict[str, str] = {}
_discovered = False


def segment_function(name: str, *, label: str = "") -> Callable[[Finder], Finder]:
    """Register a function that returns customers: IDs, or a queryset of Customer.

    Its arguments become form fields; each needs a type among int, float, str, bool,
    date, a Literal of texts or numbers, an Enum, or one of them `| None`. One without
    a default must be filled in. Its docstring is shown to staff.
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
            parameters=parameters_of(name, find),
        )
        return find

    return register


def segment_functions() -> dict[str, SegmentFunction]:
    """Return all registered functions by name, sorted by label."""
    _discover()
    return dict(sorted(_functions.items(), key=lambda item: item[1].label))


def find_function(name: str) -> SegmentFunction | None:
    """Return the function registered under `name`, if there is one."""
    _discover()
    return _functions.get(name)


def unloadable_modules() -> dict[str, str]:
    """Return the modules of functions that failed to load, with what each raised."""
    _discover()
    return dict(_unloadable)


def _discover() -> None:
    global _discovered
    if _discovered:
        return
    _discovered = True
    modules = [
        f"{app.name}.segment_functions"
        for app in apps.get_app_configs()
        if app.module and module_has_submodule(app.module, "segment_functions")
    ]
    for module in (*modules, *settings.SEGMENT_FUNCTIONS):
        try:
            import_module(module)
        except Exception as error:
            # A fault in one module must not close the pages of all segments.
            logger.exception("The segment functions of %s could not be loaded.", module)
            _unloadable[module] = f"{type(error).__name__}: {error}"

"""What runs inside a rendering template: lookups, comparisons and their limits."""

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from jinja2 import ChainableUndefined, Undefined
from jinja2.runtime import Context, LoopContext
from jinja2.utils import pass_context
from markupsafe import Markup

from messaging.templating import limits

LOOP_ATTRIBUTES = frozenset(
    ("first", "last", "index", "index0", "revindex", "revindex0", "length")
)


class RenderLimit(Exception):  # noqa: N818 - named for the fact
    """A template asked for more work or more output than a message may need."""


class Unset(ChainableUndefined):
    """A value that is not there: empty in text, false in a condition."""

    __slots__ = ()


@dataclass(frozen=True)
class Route:
    """Where the links of one mail lead: straight on, unless there is a `base`.

    A counted link is `base` and its number, the picture is `pixel`. Without `personal`
    only links that are the same for everybody are counted. `parameters` are added to
    addresses that lead straight on.
    """

    base: str = ""
    pixel: str = ""
    personal: bool = True
    parameters: str = ""


STRAIGHT = Route()


class BoundedContext(Context):
    """The values of one rendering, which counts the steps that it takes."""

    steps = 0
    route = STRAIGHT

    def spend(self, steps: int) -> None:
        self.steps += steps
        if self.steps > limits.RENDER_STEPS:
            raise RenderLimit


def is_unset(value: Any) -> bool:
    return value is None or isinstance(value, Undefined)


def look_up(container: Any, key: Any) -> Any:
    """Find `key` in plain data only; any other object has nothing to find."""
    found = Unset(name=str(key)) if isinstance(key, str) else Unset()
    if isinstance(container, MappingProxyType):
        return container.get(key, found) if isinstance(key, str) else found
    if isinstance(container, (tuple, list)) and type(key) is int:
        return container[key] if -len(container) <= key < len(container) else found
    if isinstance(container, LoopContext) and key in LOOP_ATTRIBUTES:
        return getattr(container, key)
    return found


def show(value: Any) -> Any:
    """Write a value as a person would."""
    if isinstance(value, (str, Markup)):
        return value
    if is_unset(value) or isinstance(value, MappingProxyType):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() else repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, (tuple, list)):
        return ", ".join(str(show(item)) for item in value)
    return ""


@pass_context
def each(context: BoundedContext, value: Any, weight: int) -> Any:
    """Give the items of a list to a loop whose body has `weight` nodes."""
    items = value if isinstance(value, (tuple, list)) else ()
    items = items[: limits.LIST_ITEMS]
    context.spend(1 + len(items) * weight)
    return items


_ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "lt": lambda left, right: left < right,
    "lteq": lambda left, right: left <= right,
    "gt": lambda left, right: left > right,
    "gteq": lambda left, right: left >= right,
}


@pass_context
def compare(context: BoundedContext, left: Any, operator: str, right: Any) -> bool:
    """Compare two values; what cannot be compared, or is unset, compares false."""
    context.spend(1 + (_length(left) + _length(right)) // 64)
    if operator in ("ne", "notin"):
        return not _compare(
            left, operator.replace("ne", "eq").replace("not", ""), right
        )
    return _compare(left, operator, right)


def _compare(left: Any, operator: str, right: Any) -> bool:
    if operator == "eq":
        return _equal(left, right)
    if is_unset(left) or is_unset(right):
        return False
    if operator == "in":
        return _contains(right, left)
    if _kind(left) is None or _kind(left) != _kind(right):
        return False
    return _ORDERINGS[operator](left, right)


def _equal(left: Any, right: Any) -> bool:
    if is_unset(left) or is_unset(right):
        return (left is None and is_unset(right)) or (right is None and is_unset(left))
    # True == 1 holds in Python and surprises everyone else.
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _contains(container: Any, item: Any) -> bool:
    if isinstance(container, (tuple, list)):
        return any(_equal(member, item) for member in container)
    if isinstance(container, str) and isinstance(item, str):
        return item in container
    return False


def _kind(value: Any) -> str | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return "number"
    return "text" if isinstance(value, str) else None


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (str, tuple, list)) else 1

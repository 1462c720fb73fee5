"""Plain, read-only data: all that a template can ever reach."""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from messaging.templating import limits


def freeze(values: Mapping[str, Any]) -> dict[str, Any]:
    """Copy `values` into plain, read-only data that nothing else holds.

    Anything that is not plain data, such as a model, raises TypeError. Text and
    lists beyond the limits are cut, so that one odd customer cannot fill the memory.
    """
    return {str(key): _freeze(value, 1) for key, value in values.items()}


def _freeze(value: Any, depth: int) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        # str() drops subclasses, such as markup that would pass unescaped.
        return str.__str__(value)[: limits.TEXT_CHARACTERS]
    if isinstance(value, (int, float, Decimal)):
        return _number(value)
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return _freeze_collection(value, depth)


def _freeze_collection(value: Any, depth: int) -> Any:
    if depth > limits.VALUE_DEPTH:
        return None
    if isinstance(value, Mapping):
        return MappingProxyType(
            {str(key): _freeze(item, depth + 1) for key, item in value.items()}
        )
    if isinstance(value, (list, tuple)):
        return tuple(_freeze(item, depth + 1) for item in value[: limits.LIST_ITEMS])
    raise TypeError(f"{type(value).__name__} is not plain data")


def _number(value: int | float | Decimal) -> int | float | None:
    if isinstance(value, int):
        return int(value) if abs(value) < 10**30 else None
    number = float(value)
    # NaN and infinity mean nothing in a message.
    return number if abs(number) < 1e30 else None

"""The few statements that run for every chunk of mails, planned once per connection."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from imports.database import fetch_prepared

_NAME = re.compile(r"%\((\w+)\)s")


def fetch(query: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run a statement with named parameters, `%(name)s`, and return its rows."""
    numbered, names = _numbered(query)
    return fetch_prepared(numbered, [values[name] for name in names])


@lru_cache(maxsize=32)
def _numbered(query: str) -> tuple[str, tuple[str, ...]]:
    names = tuple(dict.fromkeys(_NAME.findall(query)))
    return _NAME.sub(lambda found: f"${names.index(found[1]) + 1}", query), names

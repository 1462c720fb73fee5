"""Which of a customer's values a message reads, so that no others are kept."""

import re
from functools import lru_cache
from typing import Any

from messaging.models import MessageTemplateVersion

_TAG = re.compile(r"{{.*?}}|{%.*?%}", re.DOTALL)
_CUSTOMER = re.compile(
    r"""\bcustomer\b(?:\s*\.\s*(\w+)|\s*\[\s*"([^"\\]*)"\s*\]|\s*\[\s*'([^'\\]*)'\s*\])?"""
)


def keep_needed(
    version: MessageTemplateVersion, values: dict[str, Any]
) -> dict[str, Any]:
    """Leave out what the version does not read of the customer.

    A ledger row lives long, and a customer may have sensitive attributes that this
    message has nothing to do with. All is kept where a name is computed.
    """
    keys = _keys(version.subject, version.html, version.text, _action(version))
    customer = values.get("customer")
    if keys is None or not isinstance(customer, dict):
        return values
    return values | {
        "customer": {key: customer[key] for key in keys if key in customer}
    }


def _action(version: MessageTemplateVersion) -> str:
    return str(version.source.get("action_url", ""))


@lru_cache(maxsize=64)
def _keys(*parts: str) -> frozenset[str] | None:
    """Return the keys of `customer` that tags name, or None if that cannot be told."""
    found = set()
    for part in parts:
        for tag in _TAG.findall(part):
            for use in _CUSTOMER.finditer(tag):
                if use.lastindex is None:
                    return None
                found.add(use[use.lastindex])
    return frozenset(found)

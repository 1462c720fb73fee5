"""Try a rule out before it is saved."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from customers.models import Customer
from segments.services.calling import call_function
from segments.services.editing import insist_on_sql_permission
from segments.services.evaluation import count_known, staged
from segments.services.found import FoundIds
from segments.services.sandbox import run_sql

# A person waits, and the web server waits for no more than 30 seconds.
TRY_SECONDS = 10
_SHOWN = 20
_LOOKED_AT = 1_000


@dataclass(frozen=True)
class Trial:
    """What a rule found: how many customers, the first of them, in what time.

    `ignored` counts rows that are empty, twice there, or no customer of ours.
    """

    count: int
    ignored: int
    customers: list[Customer]
    seconds: float


def try_sql(text: str, *, by: User) -> Trial:
    """Run SQL without saving anything; the user needs the permission to write it."""
    insist_on_sql_permission(by)
    return _tried(lambda: run_sql(text, timeout=TRY_SECONDS))


def try_function(name: str, parameters: Mapping[str, Any]) -> Trial:
    """Call a registered function without saving anything."""
    return _tried(lambda: call_function(name, parameters))


def _tried(find: Callable[[], FoundIds]) -> Trial:
    began = time.monotonic()
    found = find()
    seconds = time.monotonic() - began
    with transaction.atomic(), staged(found.ids):
        count = count_known()
    order = list(dict.fromkeys(found.ids[:_LOOKED_AT]))
    known = Customer.objects.active().in_bulk(order)
    first = [known[pk] for pk in order if pk in known][:_SHOWN]
    return Trial(count, found.total - count, first, seconds)

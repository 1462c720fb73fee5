"""Try a rule out before it is saved."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from customers.models import Customer
from segments.services import conditions
from segments.services.calling import call_function
from segments.services.editing import insist_on_sql_permission
from segments.services.evaluation import count_known, staged
from segments.services.found import FoundIds
from segments.services.sandbox import run_sql

# A person waits, and the web server waits for no more than 30 seconds.
TRY_SECONDS = 10
_COUNT_SECONDS = 5
_SHOWN = 20
_LOOKED_AT = 1_000


@dataclass(frozen=True)
class Trial:
    """What a rule found: how many customers, the first of them, in what time.

    `ignored` counts rows that are empty, twice there, or no customer of ours. Where
    counting took too long, `count` is what the database expects, `is_estimate`.
    `words` and `sql` say what conditions mean and become.
    """

    count: int
    ignored: int
    customers: list[Customer]
    seconds: float
    is_estimate: bool = False
    words: str = ""
    sql: str = ""


def try_sql(text: str, *, by: User) -> Trial:
    """Run SQL without saving anything; the user needs the permission to write it."""
    insist_on_sql_permission(by)
    return _tried(lambda: run_sql(text, timeout=TRY_SECONDS))


def try_function(
    name: str, parameters: Mapping[str, Any], *, seconds: float = TRY_SECONDS
) -> Trial:
    """Call a registered function without saving anything; it is ended in time."""
    return _tried(lambda: call_function(name, parameters, timeout=seconds))


def try_conditions(document: Any, *, by: User, segment_id: int | None = None) -> Trial:
    """Count whom conditions find, and fetch the first, without saving anything.

    `segment_id` is the segment that is being changed, which may not use itself.
    """
    began = time.monotonic()
    tree = conditions.tree_for(document, by=by, segment_id=segment_id)
    count = conditions.count_matches(tree, seconds=_COUNT_SECONDS)
    seconds = time.monotonic() - began
    return Trial(
        count=conditions.estimate_matches(tree) if count is None else count,
        ignored=0,
        customers=conditions.first_matches(tree, seconds=_COUNT_SECONDS),
        seconds=seconds,
        is_estimate=count is None,
        words=tree.words(),
        sql=conditions.shown_sql(tree),
    )


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

"""Taking due deliveries for one worker, and giving back what was not begun."""

import json
import time
import uuid
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from messaging.models import Delivery, Dispatch, FrozenBatch
from messaging.services.pacing import hold_back, pace_now
from messaging.services.statements import fetch


@dataclass(frozen=True)
class Lease:
    """The right to work on some deliveries until a time.

    The database measures it by its clock; the worker by one of its own that was read
    before, goes on while the process is stopped, and never jumps.
    """

    token: uuid.UUID = field(default_factory=uuid.uuid4)
    seconds: int = field(default_factory=lambda: settings.LEASE_SECONDS)
    ends_at: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ends_at", _clock() + self.seconds)

    def renewed(self) -> "Lease":
        """Return the same lease as of now; write it to the rows before use."""
        return Lease(self.token, self.seconds)

    def is_over(self) -> bool:
        """Say whether another worker may have taken over."""
        return _clock() >= self.ends_at


@dataclass(frozen=True)
class Claimed:
    """Deliveries to send, and how many more were due but may not go now."""

    deliveries: list[Delivery]
    held_back: int = 0


def claim(lease: Lease, limit: int) -> Claimed:
    """Take at most `limit` due deliveries for the lease, in order of lanes.

    Of the lane that comes first, each dispatch with something due gives the same
    share, so that a large one does not make a small one wait. What the rules about
    people hold back is put off or skipped, and not taken.
    """
    pace = pace_now()
    with nullcontext() if pace.is_free else transaction.atomic():
        due = _take(lease, limit)
        kept = due if pace.is_free else hold_back(pace, due)
    return Claimed(kept, held_back=len(due) - len(kept))


def _take(lease: Lease, limit: int) -> list[Delivery]:
    values: dict[str, Any] = {
        "token": str(lease.token),
        "seconds": lease.seconds,
        "limit": limit,
    }
    deliveries = [
        Delivery.from_db(None, _CLAIMED_FIELDS, _read(row))
        for row in sorted(fetch(_CLAIM, values))
    ]
    # A claim is of few dispatches, so they are read once each.
    dispatches = Dispatch.objects.select_related(
        "template__current_version__template"
    ).in_bulk({delivery.dispatch_id for delivery in deliveries})
    for delivery in deliveries:
        # Set as such, each of them would be asked whether the databases agree.
        _DISPATCH.set_cached_value(delivery, dispatches[delivery.dispatch_id])
    return deliveries


def _read(row: tuple[Any, ...]) -> list[Any]:
    """Return the values of a claimed delivery; the database gives JSON as a text."""
    values = list(row)
    values[_CONTEXT] = json.loads(values[_CONTEXT]) if values[_CONTEXT] else None
    return values


def claim_unanswered(lease: Lease, provider: str) -> FrozenBatch | None:
    """Take a request whose answer was lost, to make it again as it was.

    Only while the provider still knows the key; nothing else about its deliveries is
    asked again, for they may have been sent.
    """
    values: dict[str, Any] = {
        "token": str(lease.token),
        "seconds": lease.seconds,
        "provider": provider,
    }
    return next(iter(FrozenBatch.objects.raw(_CLAIM_UNANSWERED, values)), None)


def give_back(lease: Lease, deliveries: Sequence[Delivery]) -> None:
    """Return claimed deliveries that were not begun; they stay due."""
    if not deliveries:
        return
    Delivery.objects.filter(
        pk__in=[delivery.pk for delivery in deliveries],
        lease_token=lease.token,
        state=Delivery.State.CLAIMED,
    ).update(
        state=Delivery.State.PENDING,
        lease_token=None,
        lease_until=None,
        updated_at=timezone.now(),
    )


def _clock() -> float:
    """Seconds on a clock that only goes forward, also while the machine sleeps."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


# A dispatch is asked only for its share, by the index of waiting deliveries; the
# order among dispatches is drawn anew each time. Should the database die before the
# claim is on its disk, the deliveries simply wait again: nothing was begun.
_CLAIM = """
WITH lazily AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
due AS (
    SELECT id, lane FROM dispatches
    WHERE state = 'sending' AND EXISTS (
        SELECT 1 FROM deliveries
        WHERE dispatch_id = dispatches.id AND state = 'pending' AND due_at <= now())
),
turn AS (
    SELECT id FROM due WHERE lane = (SELECT min(lane) FROM due)
    ORDER BY random() LIMIT %(limit)s::bigint
),
picked AS MATERIALIZED (
    SELECT share.id FROM turn CROSS JOIN LATERAL (
        SELECT deliveries.id FROM deliveries
        WHERE dispatch_id = turn.id AND state = 'pending' AND due_at <= now()
        ORDER BY due_at, deliveries.id
        LIMIT (SELECT ceil(%(limit)s::bigint / count(*)::numeric) FROM turn)
        FOR UPDATE SKIP LOCKED
    ) AS share
    LIMIT %(limit)s::bigint
)
UPDATE deliveries
SET state = 'claimed', reason = '', lease_token = %(token)s::uuid,
    lease_until = now() + make_interval(secs => %(seconds)s::float), updated_at = now()
FROM picked, lazily WHERE deliveries.id = picked.id
RETURNING deliveries.id, deliveries.dispatch_id, deliveries.customer_id,
          deliveries.context, deliveries.channel, deliveries.address,
          deliveries.held_since,
          deliveries.attempt, deliveries.first_sending_at
"""
# In the order of the model.
_CLAIMED_FIELDS = (
    "id",
    "dispatch_id",
    "customer_id",
    "context",
    "channel",
    "address",
    "held_since",
    "attempt",
    "first_sending_at",
)
_DISPATCH = Delivery._meta.get_field("dispatch")
_CONTEXT = _CLAIMED_FIELDS.index("context")
# A request is made again when all its deliveries were left alone for long enough, and
# some of them may still be sent.
_CLAIM_UNANSWERED = """
WITH picked AS MATERIALIZED (
    SELECT * FROM delivery_batches
    WHERE provider = %(provider)s AND frozen_at > now() - interval '20 hours'
      AND (SELECT bool_or(dispatches.state = 'sending')
                  AND bool_and(coalesce(deliveries.lease_until < now(), true))
           FROM deliveries JOIN dispatches ON dispatches.id = deliveries.dispatch_id
           WHERE deliveries.id = ANY(delivery_batches.delivery_ids)
             AND deliveries.state = 'sending')
    ORDER BY frozen_at LIMIT 1
    FOR UPDATE SKIP LOCKED
),
leased AS (
    UPDATE deliveries
    SET lease_token = %(token)s::uuid,
        lease_until = now() + make_interval(secs => %(seconds)s::float), updated_at = now()
    FROM picked
    WHERE deliveries.id = ANY(picked.delivery_ids) AND deliveries.state = 'sending'
)
SELECT * FROM picked
"""

"""Frequency caps: how many marketing messages a customer gets within a time.

A delivery that is claimed or was sent takes up room. Whoever claims counts while it
holds the guards of the customers, so two can never both take the last room.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from messaging.models import Delivery, FrequencyCap
from messaging.services.statements import fetch

_NOTHING = timedelta(0)
_SENT = (
    Delivery.State.ACCEPTED,
    Delivery.State.UNKNOWN,
    Delivery.State.DELIVERED,
    Delivery.State.BOUNCED,
    Delivery.State.COMPLAINED,
)
_IN_HAND = (Delivery.State.CLAIMED, Delivery.State.SENDING)


def refused(
    caps: Sequence[FrequencyCap], deliveries: Sequence[Delivery]
) -> Iterator[tuple[Delivery, timedelta | None]]:
    """Yield the claimed deliveries without room, and how long to wait; None: skip.

    Locks the customers' guards until the end of the transaction; what is not yielded
    has its room from the commit on.
    """
    if not caps or not deliveries:
        return
    _lock_guards(caps, deliveries)
    customers = {one.customer_id for one in deliveries}
    ages = _ages(caps, customers, [one.pk for one in deliveries])
    for one in deliveries:
        received = ages[one.customer_id]
        full = [
            (cap, wait)
            for cap in caps
            if cap.concerns(one.channel) and (wait := _until_room(cap, received))
        ]
        if not full:
            received.append((one.channel, _NOTHING))
        elif any(cap.over == FrequencyCap.Over.SKIP for cap, _wait in full):
            yield one, None
        else:
            yield one, max(wait for _cap, wait in full)


def used_by(customer_id: int) -> list[tuple[FrequencyCap, int]]:
    """Return for each active cap how many messages of a customer it counts now."""
    caps = list(FrequencyCap.objects.filter(is_active=True))
    received = _ages(caps, [customer_id], [])[customer_id] if caps else []
    return [(cap, len(_counted(cap, received))) for cap in caps]


def _until_room(
    cap: FrequencyCap, received: Iterable[tuple[str, timedelta]]
) -> timedelta | None:
    """Return after how long a customer may get one more; None: now."""
    ages = _counted(cap, received)
    return cap.window - ages[cap.most - 1] if len(ages) >= cap.most else None


def _counted(
    cap: FrequencyCap, received: Iterable[tuple[str, timedelta]]
) -> list[timedelta]:
    """Return how long ago those came that a cap counts, the newest first."""
    return sorted(
        age for channel, age in received if cap.concerns(channel) and age < cap.window
    )


def _lock_guards(caps: Sequence[FrequencyCap], deliveries: Sequence[Delivery]) -> None:
    """Lock a guard for each customer and channel that is counted, in one order.

    Whoever waits for a guard that another is just making holds none yet, so nobody
    ever waits in a circle.
    """
    pairs = {
        (one.customer_id, cap.channel)
        for one in deliveries
        for cap in caps
        if cap.concerns(one.channel)
    }
    wanted = {
        "customers": [customer for customer, _channel in pairs],
        "channels": [channel for _customer, channel in pairs],
    }
    fetch(_MAKE_GUARDS, wanted)
    fetch(_LOCK_GUARDS, wanted)


def _ages(
    caps: Sequence[FrequencyCap], customers: Collection[int], claimed: Sequence[int]
) -> dict[int, list[tuple[str, timedelta]]]:
    """Return (channel, how long ago) of what each customer got, but for `claimed`."""
    values: dict[str, Any] = {
        "customers": list(customers),
        "claimed": list(claimed),
        "in_hand": [str(state) for state in _IN_HAND],
        "sent": [str(state) for state in _SENT],
        "longest": max(cap.window for cap in caps),
    }
    found: dict[int, list[tuple[str, timedelta]]] = defaultdict(list)
    for customer, channel, age in fetch(_RECEIVED, values):
        found[customer].append((channel, age))
    return found


_MAKE_GUARDS = """
INSERT INTO send_guards (customer_id, channel)
SELECT customer_id, channel
FROM unnest(%(customers)s::bigint[], %(channels)s::text[]) AS wanted (customer_id, channel)
WHERE NOT EXISTS (SELECT 1 FROM send_guards
    WHERE send_guards.customer_id = wanted.customer_id
      AND send_guards.channel = wanted.channel)
ORDER BY customer_id, channel
ON CONFLICT (customer_id, channel) DO NOTHING
RETURNING id
"""
_LOCK_GUARDS = """
SELECT send_guards.id
FROM send_guards
JOIN unnest(%(customers)s::bigint[], %(channels)s::text[]) AS wanted (customer_id, channel)
    USING (customer_id, channel)
ORDER BY customer_id, channel
FOR UPDATE OF send_guards
"""
# What is in hand counts as sent just now, whenever an earlier attempt was made.
_RECEIVED = """
SELECT customer_id, channel, clock_timestamp() - at FROM (
    SELECT deliveries.customer_id, deliveries.channel,
        CASE WHEN deliveries.state = ANY(%(in_hand)s::text[]) THEN now()
             ELSE coalesce(deliveries.accepted_at, deliveries.first_sending_at) END AS at
    FROM deliveries
    JOIN dispatches ON dispatches.id = deliveries.dispatch_id
    JOIN message_templates ON message_templates.id = dispatches.template_id
    WHERE deliveries.customer_id = ANY(%(customers)s::bigint[])
      AND deliveries.id <> ALL(%(claimed)s::bigint[])
      AND (deliveries.state = ANY(%(in_hand)s::text[])
           OR deliveries.state = ANY(%(sent)s::text[]))
      AND message_templates.purpose = 'marketing'
) AS received
WHERE at > clock_timestamp() - %(longest)s::interval
"""

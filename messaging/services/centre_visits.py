"""What a member does with notifications, noted on their deliveries.

As many as were marked at once cost as many statements as one.
"""

import logging
from collections.abc import Collection

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Count

from messaging.models import Delivery, DeliveryEvent
from messaging.services import machines
from messaging.services.machines import Visit
from messaging.services.telling import tell
from messaging.services.tracking import (
    ANONYMOUS,
    EVENTS_PER_LINK,
    OFF,
    mark_visited,
)

logger = logging.getLogger(__name__)


def note_in_centre(delivery_ids: Collection[int], kind: str, visit: Visit) -> None:
    """Note that a member opened notifications, or followed the link of one.

    That it cannot be written down keeps nobody from reading.
    """
    if settings.TRACKING == OFF or not delivery_ids:
        return
    reason = machines.machine_reason(visit, sent_at=None)
    note = _count if settings.TRACKING == ANONYMOUS else _keep
    try:
        note(delivery_ids, kind, visit, reason)
    except DatabaseError:
        logger.exception("A visit to a notification was not written down.")


_COUNT = """
INSERT INTO visit_counts (dispatch_id, link_id, kind, is_human, count)
SELECT dispatch_id, NULL, %s, %s, count(*) FROM deliveries WHERE id = ANY (%s)
GROUP BY dispatch_id ORDER BY dispatch_id
ON CONFLICT (dispatch_id, link_id, kind, is_human)
DO UPDATE SET count = visit_counts.count + excluded.count
"""


def _count(ids: Collection[int], kind: str, visit: Visit, reason: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [kind, not reason, list(ids)])


@transaction.atomic
def _keep(ids: Collection[int], kind: str, visit: Visit, reason: str) -> None:
    # One visit after the other: each must see those before it to be told right.
    locked = Delivery.objects.select_for_update(no_key=True).filter(pk__in=ids)
    deliveries = list(locked.order_by("pk").values_list("pk", "dispatch_id"))
    events = DeliveryEvent.objects.filter(delivery__in=ids, kind=kind, link=None)
    counted = events.order_by().values_list("delivery").annotate(count=Count("pk"))
    full = {pk for pk, count in counted if count >= EVENTS_PER_LINK}
    made = DeliveryEvent.objects.bulk_create(
        DeliveryEvent(
            delivery_id=pk,
            dispatch_id=dispatch_id,
            kind=kind,
            is_human=not reason,
            data={"machine": reason} if reason else {},
            occurred_at=visit.at,
        )
        for pk, dispatch_id in deliveries
        if pk not in full
    )
    tell(made)
    mark_visited([pk for pk, _dispatch in deliveries])

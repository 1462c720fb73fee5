"""Bringing back what a worker left behind when it died."""

from django.db import connection
from django.utils.translation import gettext as _

from messaging.channels import channels_whose
from messaging.channels.base import LostAnswer
from messaging.services import history
from messaging.services.dispatches import close_finished_dispatches, settle_returned
from messaging.services.outcomes import forget_answered_batches


def sweep_leases() -> tuple[int, int]:
    """Return expired deliveries to where they can go on.

    Claimed ones, and those of a channel on which a second writing leaves one, wait
    again. Those being sent over a channel with keys are asked for again while the
    provider remembers. All others become unknown. Returns how many went each way.
    """
    values = {
        "repeatable": channels_whose(LostAnswer.SEND_AGAIN),
        "keyed": channels_whose(LostAnswer.ASK_AGAIN),
    }
    with connection.cursor() as cursor:
        cursor.execute(_RETURN, values)
        returned = [row[0] for row in cursor.fetchall()]
        cursor.execute(_GIVE_UP, values)
        lost = [row[0] for row in cursor.fetchall()]
    settle_returned(set(returned))
    words = _("The worker stopped before the answer came.")
    history.note(dict.fromkeys(lost, words), history.LOST)
    forget_answered_batches()
    close_finished_dispatches()
    return len(returned), len(lost)


_RETURN = """
WITH expired AS MATERIALIZED (
    SELECT id FROM deliveries
    WHERE lease_until < now()
      AND (state = 'claimed' OR state = 'sending' AND provider = ANY(%(repeatable)s))
    FOR UPDATE SKIP LOCKED
)
UPDATE deliveries
SET state = 'pending', lease_token = NULL, lease_until = NULL, updated_at = now()
FROM expired WHERE deliveries.id = expired.id
RETURNING deliveries.dispatch_id
"""
# The token stays: should the worker live after all, it still knows the outcome.
_GIVE_UP = """
WITH expired AS MATERIALIZED (
    SELECT deliveries.id FROM deliveries
    WHERE deliveries.lease_until < now() AND deliveries.state = 'sending'
      AND deliveries.provider <> ALL(%(repeatable)s)
      AND NOT (deliveries.provider = ANY(%(keyed)s) AND EXISTS (
        SELECT 1 FROM delivery_batches
        JOIN deliveries AS mates ON mates.id = ANY(delivery_batches.delivery_ids)
        JOIN dispatches ON dispatches.id = mates.dispatch_id
        WHERE deliveries.id = ANY(delivery_batches.delivery_ids)
          AND delivery_batches.frozen_at > now() - interval '20 hours'
          AND mates.state = 'sending' AND dispatches.state <> 'cancelled'))
    FOR UPDATE OF deliveries SKIP LOCKED
)
UPDATE deliveries
SET state = 'unknown', reason = 'no_answer', updated_at = now()
FROM expired WHERE deliveries.id = expired.id
RETURNING deliveries.id
"""

"""The last check and the freeze: from here on a message counts as being sent."""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

from django.conf import settings
from django.db import transaction

from messaging.channels.base import Channel, LostAnswer
from messaging.services import rules
from messaging.services.batches import freeze_batch
from messaging.services.claiming import Lease, give_back
from messaging.services.content import Prepared, is_marketing
from messaging.services.statements import fetch
from messaging.templating.render import RENDERER_VERSION


def begin_sending(
    lease: Lease, channel: Channel, prepared: Sequence[Prepared]
) -> list[Prepared]:
    """Move claimed deliveries to `sending` and return those that may now go out.

    Whether they may is asked again here, with hold, pause and cancellation, in the
    statement that makes it so. A row that is no longer this lease's stays as it is.
    """
    # One statement needs no more than itself; a request is frozen together with it.
    is_frozen = channel.lost_answer == LostAnswer.ASK_AGAIN
    with transaction.atomic() if is_frozen else nullcontext():
        decided = {} if settings.HOLD else _begin(lease, channel, prepared)
        begun = [one for one in prepared if decided.get(one.delivery.pk) == "sending"]
        if is_frozen:
            freeze_batch(channel, [one.parcel for one in begun if one.parcel])
    give_back(
        lease, [one.delivery for one in prepared if one.delivery.pk not in decided]
    )
    return begun


def _begin(
    lease: Lease, channel: Channel, prepared: Sequence[Prepared]
) -> dict[int, str]:
    """Return the new state of each delivery about which something was decided."""
    values: dict[str, Any] = {
        "token": str(lease.token),
        "seconds": lease.seconds,
        "provider": channel.name,
        "renderer": RENDERER_VERSION,
        "given": json.dumps([_row(one) for one in prepared]),
    }
    query = _BEGIN.format(
        consents=rules.consents("deliveries.customer_id", "deliveries.channel"),
        declines_topic=rules.declines_topic(
            "deliveries.customer_id", "deliveries.channel", "given.topic"
        ),
        is_paused=rules.is_paused("deliveries.customer_id"),
        is_suppressed=rules.is_suppressed("deliveries.address"),
        is_erased=rules.is_erased(
            "deliveries.customer_id", "deliveries.channel", "deliveries.address"
        ),
    )
    return dict(fetch(query, values | rules.parameters()))


def _row(one: Prepared) -> dict[str, Any]:
    return {
        "id": one.delivery.pk,
        "dispatch": one.delivery.dispatch_id,
        "marketing": is_marketing(one.version),
        "topic": one.version.template.topic_id or "",
        "problem": one.reason,
        "detail": one.detail,
        "version": one.version.pk,
        "merged": one.values,
        "hash": one.sha256,
        "frozen": one.frozen_at.isoformat(),
    }


# The switch and the dispatches are locked until the commit, so that whoever holds,
# pauses or cancels waits for us, and nothing begins after. What the customer wants
# comes before what the message lacks.
_BEGIN = """
WITH switch AS MATERIALIZED (
    SELECT is_held FROM sending_switch WHERE id = 1 FOR SHARE
),
given AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(given)s::jsonb) AS one (
        id bigint, dispatch bigint, marketing boolean, topic text, problem text,
        detail text, version bigint, merged jsonb, hash text, frozen timestamptz)
),
open AS MATERIALIZED (
    SELECT id FROM dispatches
    WHERE id IN (SELECT dispatch FROM given) AND state = 'sending'
      AND NOT coalesce((SELECT is_held FROM switch), false)
    ORDER BY id FOR SHARE
),
judged AS MATERIALIZED (
    SELECT deliveries.id, given.detail, CASE
        WHEN customers.erased_at IS NOT NULL THEN 'erased'
        WHEN customers.archived_at IS NOT NULL THEN 'archived'
        WHEN given.marketing AND NOT {consents} THEN 'no_consent'
        WHEN given.marketing AND {declines_topic} THEN 'topic_declined'
        WHEN given.marketing AND {is_paused} THEN 'paused'
        WHEN {is_suppressed} THEN 'suppressed'
        WHEN {is_erased} THEN 'erased_address'
        ELSE given.problem END AS reason
    FROM given
    JOIN open ON open.id = given.dispatch
    JOIN deliveries ON deliveries.id = given.id
    JOIN customers ON customers.id = deliveries.customer_id
),
decided AS MATERIALIZED (
    SELECT id, reason, CASE
        WHEN reason = '' THEN 'sending'
        WHEN reason IN ('render_error', 'invalid_address') THEN 'rejected'
        ELSE 'skipped' END AS state,
        CASE WHEN reason IN ('render_error', 'invalid_address')
            THEN detail ELSE '' END AS detail
    FROM judged
),
begun AS (
    UPDATE deliveries SET
        state = decided.state,
        reason = decided.reason,
        detail = decided.detail,
        lease_token = CASE decided.state WHEN 'sending' THEN lease_token END,
        lease_until = CASE decided.state
            WHEN 'sending' THEN now() + make_interval(secs => %(seconds)s::float) END,
        attempt = attempt + (decided.state = 'sending')::int,
        first_sending_at = CASE decided.state WHEN 'sending'
            THEN coalesce(first_sending_at, now()) ELSE first_sending_at END,
        provider = CASE decided.state
            WHEN 'sending' THEN %(provider)s::text ELSE provider END,
        updated_at = now()
    FROM decided
    WHERE deliveries.id = decided.id AND deliveries.lease_token = %(token)s::uuid
      AND deliveries.state = 'claimed'
    RETURNING deliveries.id, deliveries.state
),
frozen AS (
    INSERT INTO delivery_contents (delivery_id, version_id, renderer_version,
                                   merge_values, sha256, frozen_at)
    SELECT begun.id, given.version, %(renderer)s::text, given.merged, given.hash,
           given.frozen
    FROM begun JOIN given ON given.id = begun.id WHERE begun.state = 'sending'
    ON CONFLICT (delivery_id) DO UPDATE SET
        version_id = excluded.version_id,
        renderer_version = excluded.renderer_version,
        merge_values = excluded.merge_values,
        sha256 = excluded.sha256,
        frozen_at = excluded.frozen_at
)
SELECT id, state FROM begun
"""

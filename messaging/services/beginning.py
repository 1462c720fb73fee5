"""The last check and the freeze: from here on a message counts as being sent."""

from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction

from messaging.channels.base import Channel, LostAnswer
from messaging.models import DeliveryContent, Dispatch
from messaging.services import rules
from messaging.services.claiming import Lease, give_back
from messaging.services.content import Prepared, is_marketing
from messaging.services.switches import lock_switch


@transaction.atomic
def begin_sending(
    lease: Lease, channel: Channel, prepared: Sequence[Prepared]
) -> list[Prepared]:
    """Move claimed deliveries to `sending` and return those that may now go out.

    Whether they may is asked again here, with hold, pause and cancellation, in the
    transaction that makes it so. A row that is no longer this lease's stays as it is.
    """
    open_dispatches = set() if lock_switch() else _lock_open_dispatches(prepared)
    going = [one for one in prepared if one.delivery.dispatch_id in open_dispatches]
    going_ids = {one.delivery.pk for one in going}
    give_back(
        lease,
        [one.delivery for one in prepared if one.delivery.pk not in going_ids],
    )
    begun = _begin(lease, channel, going)
    _freeze(channel, begun)
    return begun


def _lock_open_dispatches(prepared: Sequence[Prepared]) -> set[int]:
    """Return the dispatches that are sending, and keep them so for now."""
    ids = sorted({one.delivery.dispatch_id for one in prepared})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM dispatches WHERE id = ANY(%s) AND state = %s"
            " ORDER BY id FOR SHARE",
            [ids, Dispatch.State.SENDING],
        )
        return {row[0] for row in cursor.fetchall()}


def _begin(
    lease: Lease, channel: Channel, prepared: Sequence[Prepared]
) -> list[Prepared]:
    if not prepared:
        return []
    values: dict[str, Any] = {
        "token": str(lease.token),
        "seconds": lease.seconds,
        "provider": channel.name,
        "ids": [one.delivery.pk for one in prepared],
        "marketing": [is_marketing(one.version) for one in prepared],
        "topics": [one.version.template.topic_id or "" for one in prepared],
        "problems": [str(one.reason) for one in prepared],
        "details": [one.detail for one in prepared],
    }
    query = _BEGIN.format(
        consents=rules.consents("deliveries.customer_id", "deliveries.channel"),
        declines_topic=rules.declines_topic(
            "deliveries.customer_id", "deliveries.channel", "given.topic"
        ),
        is_paused=rules.is_paused("deliveries.customer_id"),
        is_suppressed=rules.is_suppressed("deliveries.address"),
    )
    with connection.cursor() as cursor:
        cursor.execute(query, values | rules.parameters())
        begun = {row[0] for row in cursor.fetchall() if row[1] == "sending"}
    return [one for one in prepared if one.delivery.pk in begun]


def _freeze(channel: Channel, begun: Sequence[Prepared]) -> None:
    contents: list[DeliveryContent] = []
    for one in begun:
        if one.content is not None and one.parcel is not None:
            if channel.lost_answer == LostAnswer.ASK_AGAIN:
                one.content.payload = one.parcel.data
            contents.append(one.content)
    DeliveryContent.objects.bulk_create(
        contents,
        update_conflicts=True,
        unique_fields=["delivery"],
        update_fields=[
            "version",
            "renderer_version",
            "merge_values",
            "sha256",
            "payload",
            "frozen_at",
        ],
    )


# What the customer wants comes before what the message lacks.
_BEGIN = """
WITH judged AS (
    SELECT deliveries.id, given.detail, CASE
        WHEN customers.erased_at IS NOT NULL THEN 'erased'
        WHEN customers.archived_at IS NOT NULL THEN 'archived'
        WHEN given.marketing AND NOT {consents} THEN 'no_consent'
        WHEN given.marketing AND {declines_topic} THEN 'topic_declined'
        WHEN given.marketing AND {is_paused} THEN 'paused'
        WHEN {is_suppressed} THEN 'suppressed'
        ELSE given.problem END AS reason
    FROM unnest(%(ids)s::bigint[], %(marketing)s::boolean[], %(topics)s::text[],
                %(problems)s::text[], %(details)s::text[])
         AS given (id, marketing, topic, problem, detail)
    JOIN deliveries ON deliveries.id = given.id
    JOIN customers ON customers.id = deliveries.customer_id
),
decided AS (
    SELECT id, reason, CASE
        WHEN reason = '' THEN 'sending'
        WHEN reason IN ('render_error', 'invalid_address') THEN 'rejected'
        ELSE 'skipped' END AS state,
        CASE WHEN reason IN ('render_error', 'invalid_address')
            THEN detail ELSE '' END AS detail
    FROM judged
)
UPDATE deliveries SET
    state = decided.state,
    reason = decided.reason,
    detail = decided.detail,
    lease_token = CASE decided.state WHEN 'sending' THEN lease_token END,
    lease_until = CASE decided.state
        WHEN 'sending' THEN now() + make_interval(secs => %(seconds)s) END,
    attempt = attempt + (decided.state = 'sending')::int,
    first_sending_at = CASE decided.state
        WHEN 'sending' THEN coalesce(first_sending_at, now()) ELSE first_sending_at END,
    provider = CASE decided.state WHEN 'sending' THEN %(provider)s ELSE provider END,
    updated_at = now()
FROM decided
WHERE deliveries.id = decided.id AND deliveries.lease_token = %(token)s::uuid
  AND deliveries.state = 'claimed'
RETURNING deliveries.id, deliveries.state
"""

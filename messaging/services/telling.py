"""Tell what receivers do with messages to those who subscribed to it.

What counts as news is said once, in SQL: a message is opened by the first visit of a
person, a link of it is followed by the first, and it bounces once.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta

from django.conf import settings
from django.db import connection
from psycopg import sql

from imports.database import execute
from messaging.models import Delivery, DeliveryEvent
from messaging.services import history, machines

_EARLIER = """NOT EXISTS (
    SELECT FROM delivery_events e WHERE e.delivery_id = v.delivery_id
        AND e.is_human AND e.id < v.id AND {same})"""
_CONDITIONS = {
    history.OPENED: "v.kind IN ('opened', 'clicked') AND "
    + _EARLIER.format(same="e.kind IN ('opened', 'clicked')"),
    history.CLICKED: "v.kind = 'clicked' AND "
    + _EARLIER.format(
        same="e.kind = 'clicked' AND e.link_id IS NOT DISTINCT FROM v.link_id"
    ),
    history.BOUNCED: "v.kind = 'bounced' AND "
    + _EARLIER.format(same="e.kind = 'bounced'"),
}
# What somebody did is told once a burst, which gives a program away, would have shown.
_WAIT = {
    history.OPENED: machines.BURST,
    history.CLICKED: machines.BURST,
    history.BOUNCED: timedelta(0),
}
_NEWS = """
SELECT v.id, {kind} AS kind, p.template_id::text AS name, d.customer_id,
    jsonb_strip_nulls(jsonb_build_object('event_id', v.id, 'delivery_id', d.id,
        'template_id', p.template_id, 'template', t.name, 'link', l.url)) AS payload,
    '{{}}'::jsonb AS properties, v.occurred_at
FROM delivery_events v
JOIN deliveries d ON d.id = v.delivery_id
JOIN dispatches p ON p.id = d.dispatch_id
JOIN message_templates t ON t.id = p.template_id
LEFT JOIN tracked_links l ON l.id = v.link_id
WHERE v.is_human AND {condition}
"""
_TELL = """
INSERT INTO event_outbox (kind, name, customer_id, payload, occurred_at, due_at)
SELECT kind, name, customer_id, payload, occurred_at, occurred_at + {wait}
FROM ({news} AND v.id = ANY ({ids}::bigint[])) AS told
WHERE occurred_at > now() - make_interval(hours => {fresh_hours})
  AND EXISTS (SELECT FROM event_subscriptions AS s
              WHERE s.kind = told.kind AND s.name IN ('', told.name))
"""
_TAKE_BACK = """
DELETE FROM event_outbox USING delivery_events v
WHERE event_outbox.kind IN ('message_opened', 'message_clicked')
  AND event_outbox.customer_id = %s AND v.delivery_id = %s AND NOT v.is_human
  AND event_outbox.payload ->> 'event_id' = v.id::text
"""


def news(what: str) -> sql.Composable:
    """SELECT what happened to messages: "opened", "clicked" or "bounced".

    Columns: id, kind, name (the template's ID), customer_id, payload, properties and
    occurred_at; conditions on `v`, the event of the delivery, may follow with AND.
    """
    return sql.SQL(_NEWS).format(
        kind=sql.Literal(f"message_{what}"), condition=sql.SQL(_CONDITIONS[what])
    )


def tell(events: Sequence[DeliveryEvent]) -> None:
    """Tell what events of one kind mean for their messages; call it in the transaction
    in which they were made."""
    for what in _meanings(events[0].kind) if events else ():
        execute(
            sql.SQL(_TELL).format(
                news=news(what),
                ids=sql.Literal([event.pk for event in events]),
                wait=sql.Literal(_WAIT[what]),
                fresh_hours=sql.Literal(settings.EVENT_FRESH_HOURS),
            )
        )


def take_back(delivery: Delivery) -> None:
    """Do not tell, where it was not told yet, what turned out to be a program's."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE_BACK, [delivery.customer_id, delivery.pk])


def _meanings(kind: str) -> Collection[str]:
    if kind == history.CLICKED:
        return (history.OPENED, history.CLICKED)
    return (kind,) if kind in _CONDITIONS else ()

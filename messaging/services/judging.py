"""Who of an audience gets a message, decided and written in one statement."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal

from django.db import connection
from django.db.models import QuerySet, Value
from django.utils import timezone

from customers.models import Customer
from messaging.models import (
    Delivery,
    Dispatch,
    MessageTemplate,
    MessageTemplateVersion,
)
from messaging.services import foresight, local_times, rules
from messaging.services.content import is_marketing

# "Again after 7 days" must let a weekly run through whose last one began a little
# later in its hour, or on the other side of a change of daylight saving time.
AGAIN_AFTER_SLACK = timedelta(hours=2)
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
_ACCEPTED = Delivery.State.ACCEPTED


@dataclass(frozen=True)
class RecipientPolicy:
    """How often one customer may get the messages of a series."""

    kind: Literal["every_run", "once", "again_after"] = "every_run"
    days: int | None = None

    def received_since(self, now: datetime) -> datetime | None:
        """Return from when on a message counts as received; None for no message."""
        if self.kind == "every_run":
            return None
        if self.kind == "once":
            return LONG_AGO
        return now - timedelta(days=self.days or 0) + AGAIN_AFTER_SLACK


@dataclass(frozen=True)
class Wanted:
    """One message that a customer is to get: `occurrence` tells it from others."""

    customer_id: int
    occurrence: int
    context: dict[str, Any] | None = None


@dataclass(frozen=True)
class Judged:
    """An audience with the decision about each of its customers, as one query.

    Of customers with one address only one gets a message, unless it is `personal`.
    """

    version: MessageTemplateVersion
    audience: QuerySet[Customer]
    series: str
    policy: RecipientPolicy = RecipientPolicy()
    holdout_percent: int = 0
    personal: bool = False

    def write(self, dispatch: Dispatch, due_at: datetime | None) -> int:
        """Insert the deliveries; return how many there are."""
        sql, values = self._query()
        values |= {"dispatch": dispatch.pk, "lane": dispatch.lane, "due_at": due_at}
        due = "coalesce(%(due_at)s::timestamptz, now())"
        if dispatch.local_time:
            due = local_times.due("decided.customer_id", "%(due_by_zone)s")
            since = due_at or timezone.now()
            values["due_by_zone"] = local_times.due_by_zone(dispatch.local_time, since)
        with connection.cursor() as cursor:
            cursor.execute(sql + _INSERT.format(due=due), values)
            return int(cursor.rowcount)

    def add(self, dispatch: Dispatch, wanted: Sequence[Wanted], state: str) -> None:
        """Insert the deliveries of a part of an audience; those there are stay.

        Who may get the message gets it in the given state.
        """
        sql, values = self._query()
        values |= {
            "dispatch": dispatch.pk,
            "lane": dispatch.lane,
            "state": state,
            "provider": self.version.type if state == _ACCEPTED else "",
            "wanted": json.dumps([vars(one) for one in wanted]),
        }
        with connection.cursor() as cursor:
            cursor.execute(sql + _ADD, values)

    def count(self, local_time: time | None) -> Counter[tuple[str, str]]:
        """Count the decisions, and what would become of those that may go."""
        sql, values = self._query()
        outlook = "'pending '"
        if is_marketing(self.version):
            outlook, known = foresight.outlook(
                "decided.customer_id", self.version.type, local_time
            )
            values |= known
        with connection.cursor() as cursor:
            cursor.execute(sql + _COUNT.format(outlook=outlook), values)
            return Counter({(row[0], row[1]): row[2] for row in cursor.fetchall()})

    def _query(self) -> tuple[str, dict[str, Any]]:
        by_address = self.version.type == MessageTemplate.Channel.EMAIL
        chosen, values = _named(
            Customer.objects.active()
            .filter(pk__in=self.audience.values("pk"))
            .order_by()
            .values_list("pk", "email" if by_address else Value(""))
        )
        sql = _DECISION.format(
            audience=chosen,
            receiver="customer_id" if self.personal else "mailbox",
            consents=rules.consents("addressed.customer_id", "%(channel)s"),
            declines_topic=rules.declines_topic(
                "addressed.customer_id", "%(channel)s", "%(topic)s"
            ),
            is_paused=rules.is_paused("addressed.customer_id"),
            is_suppressed=rules.is_suppressed("addressed.address"),
            is_erased=rules.is_erased(
                "addressed.customer_id", "%(channel)s", "addressed.address"
            ),
        )
        return sql, values | rules.parameters() | {
            "channel": self.version.type,
            "by_address": by_address,
            "marketing": is_marketing(self.version),
            "topic": self.version.template.topic_id or "",
            "series": self.series,
            "received_since": self.policy.received_since(timezone.now()),
            "received": [str(state) for state in Delivery.RECEIVED],
            "holdout_percent": self.holdout_percent,
        }


def _named(queryset: QuerySet[Any, Any]) -> tuple[str, dict[str, Any]]:
    """Return a query's SQL with names in the places of its parameters."""
    compiler = queryset.query.get_compiler(connection=connection, elide_empty=False)
    sql, values = compiler.as_sql()
    names = [f"audience_{number}" for number in range(len(values))]
    placeholders = tuple(f"%({name})s" for name in names)
    return sql.replace("%%", "%%%%") % placeholders, dict(
        zip(names, values, strict=True)
    )


# The order of the branches is the order in which reasons are given. A duplicate
# address comes last, among those left, so that a customer who is left out anyway
# never takes the mail away from another with the same address. Of the held out, those
# to whom nothing would have been sent again are told apart: they are no counterpart of
# anybody who gets the message now.
_DECISION = """
WITH audience (customer_id, email) AS ({audience}),
addressed AS MATERIALIZED (
    SELECT customer_id, btrim(email) AS address, lower(btrim(email)) AS mailbox
    FROM audience
),
received AS MATERIALIZED (
    SELECT deliveries.customer_id, lower(deliveries.address) AS mailbox,
           deliveries.reason = 'holdout' AS was_held_out
    FROM deliveries JOIN dispatches ON dispatches.id = deliveries.dispatch_id
    WHERE dispatches.series = %(series)s
      AND (deliveries.state = ANY(%(received)s) OR deliveries.reason = 'holdout')
      AND deliveries.created_at > %(received_since)s::timestamptz
),
judged AS MATERIALIZED (
    SELECT customer_id, address, mailbox, CASE
        WHEN %(by_address)s AND address = '' THEN 'no_address'
        WHEN %(marketing)s AND NOT {consents} THEN 'no_consent'
        WHEN %(marketing)s AND {declines_topic} THEN 'topic_declined'
        WHEN %(marketing)s AND {is_paused} THEN 'paused'
        WHEN {is_suppressed} THEN 'suppressed'
        WHEN {is_erased} THEN 'erased_address'
        WHEN mod(('x' || left(md5(%(series)s || ' ' || mailbox), 8))::bit(32)::bigint,
                 100) < %(holdout_percent)s THEN CASE
            WHEN addressed.customer_id IN (SELECT received.customer_id FROM received)
              OR addressed.mailbox IN (SELECT received.mailbox FROM received)
            THEN 'holdout_again' ELSE 'holdout' END
        WHEN addressed.customer_id IN (
            SELECT received.customer_id FROM received WHERE NOT was_held_out)
          OR addressed.mailbox IN (
            SELECT received.mailbox FROM received WHERE NOT was_held_out)
        THEN 'already_received'
        ELSE '' END AS reason
    FROM addressed
),
decided AS MATERIALIZED (
    SELECT customer_id, address, CASE
        WHEN reason = '' AND row_number() OVER (
            PARTITION BY {receiver}, reason ORDER BY customer_id) > 1
        THEN 'duplicate_address' ELSE reason END AS reason
    FROM judged
)
"""
_INSERT = """
INSERT INTO deliveries
    (dispatch_id, customer_id, occurrence, channel, address, lane, state, reason,
     detail, due_at, attempt, provider, provider_id, created_at, updated_at)
SELECT %(dispatch)s, customer_id, 0, %(channel)s, address, %(lane)s,
       CASE reason WHEN '' THEN 'pending' ELSE 'skipped' END, reason,
       '', {due}, 0, '', '', now(), now()
FROM decided ORDER BY customer_id
"""
_ADD = """
INSERT INTO deliveries
    (dispatch_id, customer_id, occurrence, context, channel, address, lane, state,
     reason, detail, due_at, attempt, provider, provider_id, accepted_at, created_at,
     updated_at)
SELECT %(dispatch)s, decided.customer_id, occurrence, nullif(context, 'null'),
       %(channel)s, address, %(lane)s,
       CASE reason WHEN '' THEN %(state)s ELSE 'skipped' END, reason,
       '', now(), 0, CASE WHEN reason = '' THEN %(provider)s ELSE '' END, '',
       CASE WHEN reason = '' AND %(state)s = 'accepted' THEN now() END, now(), now()
FROM decided JOIN jsonb_to_recordset(%(wanted)s::jsonb)
    AS wanted (customer_id bigint, occurrence bigint, context jsonb)
    ON wanted.customer_id = decided.customer_id
ORDER BY decided.customer_id, occurrence
ON CONFLICT (dispatch_id, customer_id, occurrence) DO NOTHING
"""
_COUNT = """
SELECT split_part(fate, ' ', 1), split_part(fate, ' ', 2), count(*) FROM (
    SELECT CASE reason WHEN '' THEN {outlook} ELSE 'skipped ' || reason END AS fate
    FROM decided
) AS foreseen GROUP BY fate
"""

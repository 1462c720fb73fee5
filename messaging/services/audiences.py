"""Who of an audience gets a message, decided and written in one statement."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, Literal

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import Customer
from marketing_os.lib.errors import DomainError
from messaging.models import (
    Delivery,
    Dispatch,
    MessageTemplate,
    MessageTemplateVersion,
    Series,
)
from messaging.services import foresight, local_times, rules
from messaging.services.content import is_marketing
from messaging.templating.tracked import utm_parameters

# "Again after 7 days" must let a weekly run through whose last one began a little
# later in its hour, or on the other side of a change of daylight saving time.
AGAIN_AFTER_SLACK = timedelta(hours=2)
LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)


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


def fan_out(
    *,
    template: MessageTemplate,
    audience: QuerySet[Customer],
    source_key: str,
    series: str,
    name: str,
    policy: RecipientPolicy,
    holdout_percent: int = 0,
    lane: int = Dispatch.Lane.BULK,
    due_at: datetime | None = None,
    local_time: time | None = None,
    campaign: str = "",
    by: User | None = None,
) -> Dispatch:
    """Write one delivery for each active customer of the audience.

    They are due at `due_at` (None: now), or with a `local_time` when clocks where the
    customer is show it for the first time from then on. The same `source_key` again returns the same dispatch and adds nothing. Raises
    DomainError when the template cannot be sent.
    """
    known = Dispatch.objects.filter(source_key=source_key).first()
    if known:
        return known
    version = sendable_version(template)
    _check(policy, holdout_percent)
    with transaction.atomic():
        _lock_series(series)
        dispatch, is_new = Dispatch.objects.get_or_create(
            source_key=source_key,
            defaults={
                "template": template,
                "series": series,
                "name": name,
                "lane": lane,
                "local_time": local_time,
                "utm": utm_parameters(campaign, template.name),
                "created_by": by,
            },
        )
        if is_new:
            judged = _Judged(version, audience, series, policy, holdout_percent)
            dispatch.audience_count = judged.write(dispatch, due_at)
            _open(dispatch)
    return dispatch


def forecast(
    *,
    template: MessageTemplate,
    audience: QuerySet[Customer],
    series: str,
    policy: RecipientPolicy,
    holdout_percent: int = 0,
    local_time: time | None = None,
) -> Counter[tuple[str, str]]:
    """Count what `fan_out` would write now, by state and reason.

    And of what it would let wait, what quiet hours and caps would hold back or skip
    if it was sent at once.
    """
    version = sendable_version(template)
    _check(policy, holdout_percent)
    judged = _Judged(version, audience, series, policy, holdout_percent)
    return judged.count(local_time)


def sendable_version(template: MessageTemplate) -> MessageTemplateVersion:
    """Return the version that would be sent now, or say why there is none."""
    if template.type != MessageTemplate.Channel.EMAIL:
        raise DomainError(
            _("%(channel)s sending is not available yet.")
            % {"channel": template.get_type_display()}
        )
    if template.current_version is None:
        raise DomainError(
            _("The template “%(name)s” has no version that can be sent yet.")
            % {"name": template.name}
        )
    return template.current_version


def _check(policy: RecipientPolicy, holdout_percent: int) -> None:
    if policy.kind == "again_after" and not (policy.days and policy.days > 0):
        raise DomainError(_("Say after how many days a customer may get it again."))
    if not 0 <= holdout_percent <= 100:
        raise DomainError(_("The part that is held out lies between 0 and 100 %."))


def _lock_series(series: str) -> None:
    """Let one dispatch of a series be prepared after the other.

    Each must see whom the one before it reaches, or "once" could mean twice.
    """
    Series.objects.bulk_create([Series(name=series)], ignore_conflicts=True)
    Series.objects.select_for_update().get(pk=series)


def _open(dispatch: Dispatch) -> None:
    waits = dispatch.deliveries.filter(state=Delivery.State.PENDING).exists()
    dispatch.state = Dispatch.State.SENDING if waits else Dispatch.State.DONE
    dispatch.finished_at = None if waits else timezone.now()
    dispatch.save(update_fields=["state", "finished_at", "audience_count"])


@dataclass(frozen=True)
class _Judged:
    """An audience with the decision about each of its customers, as one query."""

    version: MessageTemplateVersion
    audience: QuerySet[Customer]
    series: str
    policy: RecipientPolicy
    holdout_percent: int

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
        chosen, values = _named(
            Customer.objects.active()
            .filter(pk__in=self.audience.values("pk"))
            .order_by()
            .values_list("pk", "email")
        )
        sql = _DECISION.format(
            audience=chosen,
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
        WHEN address = '' THEN 'no_address'
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
            PARTITION BY mailbox, reason ORDER BY customer_id) > 1
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
_COUNT = """
SELECT split_part(fate, ' ', 1), split_part(fate, ' ', 2), count(*) FROM (
    SELECT CASE reason WHEN '' THEN {outlook} ELSE 'skipped ' || reason END AS fate
    FROM decided
) AS foreseen GROUP BY fate
"""

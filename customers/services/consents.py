"""Consent: what each customer decided about each channel, append-only."""

from django.db import transaction
from psycopg import sql

from customers.models import Consent, Customer
from imports.services.plans import PLAN
from imports.targets import Relation


@transaction.atomic
def record_consent(
    customer: Customer,
    *,
    granted: bool,
    source: str,
    channel: str = "email",
    topic: str = "",
    evidence: str = "",
) -> Consent:
    """Record a decision and its proof; the same decision twice is one.

    Returns the newest decision, whether it was recorded now or before.
    """
    # The lock makes "the newest" certain while two requests decide at once.
    Customer.objects.select_for_update().only("pk").get(pk=customer.pk)
    newest = (
        Consent.objects.filter(customer_id=customer.pk, channel=channel, topic=topic)
        .order_by("-id")
        .first()
    )
    if newest and newest.granted == granted:
        return newest
    return Consent.objects.create(
        customer_id=customer.pk,
        channel=channel,
        topic=topic,
        granted=granted,
        source=source,
        evidence=evidence,
    )


def withdraw_sql(rows: Relation, source: str) -> sql.Composable:
    """INSERT the withdrawals of planned rows whose flags say no to a channel.

    An import lowers consent and never raises it: a yes in a file is no evidence.
    """
    return sql.SQL(
        "INSERT INTO consents (customer_id, channel, topic, granted, source, evidence)"
        " SELECT p.subject_id, substr(flag.key, 9), '', false, {source}, ''"
        " FROM {plan} AS p JOIN {rows} AS r ON r.line = p.line"
        " CROSS JOIN LATERAL jsonb_each(r.flags) AS flag"
        " LEFT JOIN LATERAL (SELECT granted FROM consents"
        " WHERE customer_id = p.subject_id AND channel = substr(flag.key, 9)"
        " AND topic = '' ORDER BY id DESC LIMIT 1) AS newest ON true"
        " WHERE p.action <> 'reject' AND flag.key LIKE 'consent:%' AND"
        " flag.value = 'false' AND newest.granted IS DISTINCT FROM false"
    ).format(source=sql.Literal(source), plan=PLAN, rows=rows)

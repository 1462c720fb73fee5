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
    """Record a decision made now and its proof; the same decision twice is one.

    Returns the decision that counts, whether it was recorded now or before. One that
    an import wrote is not the same: it would go when the import is undone.
    """
    # The lock makes "the last" certain while two requests decide at once.
    Customer.objects.select_for_update().only("pk").get(pk=customer.pk)
    last = (
        Consent.objects.filter(customer_id=customer.pk, channel=channel, topic=topic)
        .last_first()
        .first()
    )
    if last and last.granted == granted and not last.source.startswith("import "):
        return last
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
        " AND topic = '' ORDER BY occurred_at DESC, granted, id DESC LIMIT 1)"
        " AS last ON true"
        " WHERE p.action <> 'reject' AND flag.key LIKE 'consent:%' AND"
        " flag.value = 'false' AND last.granted IS DISTINCT FROM false"
    ).format(source=sql.Literal(source), plan=PLAN, rows=rows)

"""Whether a marketing mail would reach a customer just now, and if not, why."""

from django.db import connection

from customers.models import Customer
from messaging.models import MessageTemplate
from messaging.services import rules


def obstacle(customer: Customer) -> str:
    """Return the reason that a delivery would be skipped for, "" for none.

    What only one message can tell (its topic, who got it before, how many came lately)
    is left aside.
    """
    sql = _REASON.format(
        consents=rules.consents("person.id", "%(channel)s"),
        is_paused=rules.is_paused("person.id"),
        is_suppressed=rules.is_suppressed("person.address"),
        is_erased=rules.is_erased("person.id", "%(channel)s", "person.address"),
    )
    values = rules.parameters() | {
        "customer": customer.pk,
        "channel": str(MessageTemplate.Channel.EMAIL),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
    return str(row[0]) if row else ""


# The order is that of the fan-out.
_REASON = """
SELECT CASE
    WHEN person.is_archived THEN 'archived'
    WHEN person.address = '' THEN 'no_address'
    WHEN NOT {consents} THEN 'no_consent'
    WHEN {is_paused} THEN 'paused'
    WHEN {is_suppressed} THEN 'suppressed'
    WHEN {is_erased} THEN 'erased_address'
    ELSE '' END
FROM (SELECT id, btrim(email) AS address, archived_at IS NOT NULL AS is_archived
      FROM customers WHERE id = %(customer)s) AS person
"""

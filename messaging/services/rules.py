"""What may be mailed, as SQL: the fan-out and the last check before sending share it.

The fragments read what `parameters` returns. Columns given to them must be qualified.
"""

from typing import Any

from django.conf import settings

from customers.services.addresses import is_erased_address


def consents(customer_id: str, channel: str) -> str:
    """Say in SQL that the decision that the customer made last allows marketing."""
    decided = _last_decision(customer_id, channel)
    return f"coalesce({decided}, %(mailable_without_consent)s::boolean)"


def unsubscribed(customer_id: str, channel: str) -> str:
    """Say in SQL that the customer decided last to get no marketing."""
    return f"NOT coalesce({_last_decision(customer_id, channel)}, true)"


def declines_topic(customer_id: str, channel: str, topic: str) -> str:
    """Say in SQL that the customer chose not to hear of the topic; "" is none."""
    return f"""({topic} <> '' AND NOT coalesce(
        (SELECT granted FROM consents
         WHERE consents.customer_id = {customer_id}
           AND consents.channel IN ({channel}, '') AND consents.topic = {topic}
         ORDER BY consents.occurred_at DESC, consents.granted, consents.id DESC
         LIMIT 1),
        true))"""  # noqa: S608


def is_paused(customer_id: str) -> str:
    """Say in SQL that the customer asked for a pause that is not over."""
    return f"""EXISTS (SELECT 1 FROM marketing_pauses
        WHERE marketing_pauses.customer_id = {customer_id}
          AND marketing_pauses.until > now())"""  # noqa: S608


def is_suppressed(address: str) -> str:
    """Say in SQL that nothing may go to the address."""
    return f"""EXISTS (SELECT 1 FROM suppressions
        WHERE lower(suppressions.email) = lower({address}))"""  # noqa: S608


def is_erased(customer_id: str, channel: str, address: str) -> str:
    """Say in SQL that the owner of the address was erased, and did not agree anew."""
    return is_erased_address(address, customer_id, channel)


def _last_decision(customer_id: str, channel: str) -> str:
    return f"""(SELECT granted FROM consents
         WHERE consents.customer_id = {customer_id}
           AND consents.channel = {channel} AND consents.topic = ''
         ORDER BY consents.occurred_at DESC, consents.granted, consents.id DESC
         LIMIT 1)"""  # noqa: S608


def parameters() -> dict[str, Any]:
    """Return what the fragments need."""
    return {"mailable_without_consent": not settings.CONSENT_REQUIRED}

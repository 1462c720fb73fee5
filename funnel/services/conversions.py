"""Conversions: moves that a customer makes once, such as signing up."""

from datetime import datetime

from django.utils.translation import gettext as _

from customers.models import Customer
from funnel.conversions import known_conversions
from funnel.models import FunnelEvent
from imports.services import ingest_rows
from marketing_os.lib.errors import DomainError


class UnknownConversionError(DomainError):
    """Nothing of that name counts as a conversion."""


def record_conversion(
    customer: Customer, name: str, *, source: str, at: datetime | None = None
) -> bool:
    """Record that a customer converted, and tell whether it is the first time.

    A later time of the same conversion changes nothing. Raises UnknownConversionError
    with the names that there are, and DomainError when it is refused.
    """
    known = [one.name for one in known_conversions()]
    if name not in known:
        raise UnknownConversionError(
            _("There is no conversion “%(name)s”; there are %(known)s.")
            % {"name": name[:100], "known": ", ".join(known)}
        )
    row = {
        "customer_id": customer.pk,
        "funnel_type": FunnelEvent.FunnelType.CONVERSION.value,
        "to_stage": name,
    }
    if at is not None:
        row["created_date"] = at
    [result] = ingest_rows("funnel_events", [row], source=source)
    if result.id is None:
        raise DomainError(" ".join(reason for _field, reason in result.errors))
    return result.status == "created"

"""What the link in a marketing mail does."""

from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Lower

from customers.models import Customer
from customers.services import record_consent
from messaging.models import Delivery, DeliveryEvent
from messaging.services import history

SOURCE = "unsubscribe link"


def unsubscribe(delivery: Delivery, *, evidence: str) -> None:
    """Send no more marketing to whoever has the address of a delivery.

    Twice is once; a customer who was erased since then is no obstacle.
    """
    _decide(delivery, granted=False, evidence=evidence)


def subscribe_again(delivery: Delivery, *, evidence: str) -> None:
    """Take an unsubscription back, for the same customers."""
    _decide(delivery, granted=True, evidence=evidence)


@transaction.atomic
def _decide(delivery: Delivery, *, granted: bool, evidence: str) -> None:
    kind = history.SUBSCRIBED_AGAIN if granted else history.UNSUBSCRIBED
    for customer in receivers(delivery.customer_id, delivery.address):
        record_consent(
            customer,
            granted=granted,
            source=SOURCE,
            channel=delivery.channel,
            evidence=f"delivery {delivery.pk}: {evidence}",
        )
    last = (
        DeliveryEvent.objects.filter(
            delivery=delivery,
            kind__in=(history.UNSUBSCRIBED, history.SUBSCRIBED_AGAIN),
        )
        .order_by("-id")
        .first()
    )
    if last is None or last.kind != kind:
        history.note({delivery.pk: evidence}, kind, is_human=True)


def receivers(customer_id: int, address: str) -> list[Customer]:
    """Return a customer with everybody who has an address, in an order for locks."""
    same = Q(pk=customer_id)
    if address:
        same |= Q(lower_email=Lower(Value(address)))
    return list(
        Customer.objects.annotate(lower_email=Lower("email"))
        .filter(same)
        .order_by("pk")
    )

"""What messaging forgets of a customer who is erased."""

from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from messaging.models import Delivery, DeliveryContent, DeliveryEvent, Pause


@transaction.atomic
def forget_customer(customer: Any) -> None:
    """Forget addresses and contents; that something was sent, and when, stays.

    What still waits is not sent. An address that is suppressed stays so: that list
    is what keeps it from being written to.
    """
    deliveries = Delivery.objects.filter(customer=customer.pk)
    deliveries.filter(
        state__in=(Delivery.State.PENDING, Delivery.State.CLAIMED)
    ).update(
        state=Delivery.State.SKIPPED,
        reason=Delivery.Reason.ERASED,
        lease_token=None,
        lease_until=None,
        updated_at=Now(),
    )
    deliveries.update(address="", detail="", provider_id="")
    DeliveryContent.objects.filter(delivery__customer=customer.pk).delete()
    DeliveryEvent.objects.filter(delivery__customer=customer.pk).update(data={})
    Pause.objects.filter(customer=customer.pk).delete()

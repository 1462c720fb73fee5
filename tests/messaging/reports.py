"""Mails that a provider took, and what its reports about them led to."""

from django.utils import timezone

from messaging.models import Delivery, Suppression
from tests import make
from tests.messaging import ledger


def sent(address="ada@example.org", **values):
    """A mail that Resend took, without going there."""
    customer = make.customer(email=address)
    delivery = ledger.dispatch(customer).deliveries.get()
    facts = {
        "state": "accepted",
        "provider": "resend",
        "provider_id": f"mail-{delivery.pk}",
        "accepted_at": timezone.now(),
    } | values
    Delivery.objects.filter(pk=delivery.pk).update(**facts)
    return Delivery.objects.get(pk=delivery.pk)


def state_of(delivery):
    return Delivery.objects.get(pk=delivery.pk).state


def suppressed():
    return dict(Suppression.objects.values_list("email", "reason"))

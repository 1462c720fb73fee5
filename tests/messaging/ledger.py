"""What the tests of the ledger share: short ways to fan out, send and look."""

from datetime import timedelta

from django.utils import timezone

from customers.models import Consent, Customer
from messaging.models import Delivery, ProviderLimit
from messaging.services import RecipientPolicy, fan_out, send_due
from tests import make

EVERY_RUN = RecipientPolicy()
ONCE = RecipientPolicy("once")


def dispatch(*customers, **overrides):
    """Fan out to these customers, or to all there are."""
    audience = Customer.objects.all()
    if customers:
        audience = audience.filter(pk__in=[customer.pk for customer in customers])
    number = Delivery.objects.count()
    values = {
        "audience": audience,
        "source_key": f"test:{number}:{make.next_number()}",
        "series": "test",
        "name": "Test",
        "policy": EVERY_RUN,
    } | overrides
    values.setdefault("template", None)
    values["template"] = values["template"] or make.template()
    return fan_out(**values)


def send(limit=1000):
    return send_due(limit=limit, until=timezone.now() + timedelta(minutes=5))


def states(of):
    """Return {customer: (state, reason)} of a dispatch."""
    return {
        delivery.customer: (delivery.state, delivery.reason)
        for delivery in of.deliveries.select_related("customer")
    }


def withdraw_consent(customer):
    return Consent.objects.create(
        customer=customer, channel="email", granted=False, source="test"
    )


def let_time_pass():
    """Let leases and pauses be over, so that what waits may go."""
    long_ago = timezone.now() - timedelta(days=2)
    ProviderLimit.objects.update(next_at=long_ago)
    Delivery.objects.filter(state="sending").update(lease_until=long_ago)
    Delivery.objects.filter(state="pending").update(due_at=long_ago)

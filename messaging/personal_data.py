"""What messaging keeps about a customer, and forgets when they are erased."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast, Lower, Now

from customers.models import Customer
from marketing_os.lib.personal_data import Person, described
from marketing_os.lib.registry import registry
from messaging.mailbox import mails_of, mails_to, throw_away
from messaging.models import (
    ApiMessage,
    Delivery,
    DeliveryContent,
    DeliveryEvent,
    FrozenBatch,
    Notification,
    Pause,
    SendGuard,
    Suppression,
)


def addresses_of(customer: Any) -> Iterable[str]:
    """List the e-mail addresses that a customer was written to under."""
    sent = Delivery.objects.filter(customer=customer.pk, address__contains="@")
    return sent.values_list("address", flat=True).distinct()


def describe_person(person: Person) -> dict[str, Any]:
    """List what a customer was sent, what became of it, and what they chose."""
    mine = {"customer": person.pk}
    return {
        "deliveries": described(
            Delivery.objects.filter(**mine), leave_out=["lease_token", "lease_until"]
        ),
        "delivery_contents": described(
            DeliveryContent.objects.filter(delivery__customer=person.pk)
        ),
        "delivery_events": described(_events(person)),
        "api_messages": described(
            ApiMessage.objects.filter(delivery__customer=person.pk)
        ),
        "notifications": described(Notification.objects.filter(**mine)),
        "pauses": described(Pause.objects.filter(**mine)),
        "send_guards": described(SendGuard.objects.filter(**mine)),
        "suppressions": described(_suppressions(person), leave_out=["created_by_id"]),
        "mails_in_the_local_mailbox": [
            {"kept_at": mail.kept_at, "to": mail.to, "subject": mail.subject}
            for mail in mails_to(person.addresses)
        ],
    }


@transaction.atomic
def forget_person(person: Person) -> None:
    """Forget addresses and contents; that something was sent, and when, stays.

    What still waits is not sent, and a request to the mail provider that holds a mail
    to the customer is not made again. A suppressed address that nobody else has goes
    too: its keyed hash keeps it from being written to.
    """
    deliveries = Delivery.objects.filter(customer=person.pk)
    in_hand = deliveries.filter(state=Delivery.State.SENDING)
    FrozenBatch.objects.filter(
        delivery_ids__overlap=list(in_hand.values_list("pk", flat=True))
    ).delete()
    deliveries.filter(
        state__in=(Delivery.State.PENDING, Delivery.State.CLAIMED)
    ).update(
        state=Delivery.State.SKIPPED,
        reason=Delivery.Reason.ERASED,
        lease_token=None,
        lease_until=None,
        updated_at=Now(),
    )
    events = _events(person)
    events.filter(delivery=None).delete()
    events.update(data={}, provider_id="")
    deliveries.update(address="", detail="", provider_id="", context=None)
    asked_for = ApiMessage.objects.filter(delivery__customer=person.pk)
    asked_for.update(external_id=None, fingerprint=b"")
    DeliveryContent.objects.filter(delivery__customer=person.pk).delete()
    for model in (Notification, Pause, SendGuard):
        model._default_manager.filter(customer=person.pk).delete()
    _suppressions(person, spared=_still_used(person)).delete()
    # Found by the addresses now, by the deliveries when this broke off here before.
    mails = mails_of(deliveries.values_list("pk", flat=True))
    names = [*mails, *(mail.name for mail in mails_to(person.addresses))]
    transaction.on_commit(lambda: throw_away(names))


def _events(person: Person) -> QuerySet[DeliveryEvent]:
    """Return the reports about a customer's mails, also those not yet joined."""
    sent = Delivery.objects.filter(customer=person.pk).exclude(provider_id="")
    unjoined = Q(provider_id__in=sent.values("provider_id"))
    for address in person.addresses:
        unjoined |= Q(lower_data__contains=address)
    found = DeliveryEvent.objects.annotate(
        lower_data=Lower(Cast("data", TextField()))
    ).filter(Q(delivery__customer=person.pk) | (Q(delivery=None) & unjoined))
    return DeliveryEvent.objects.filter(pk__in=list(found.values_list("pk", flat=True)))


def _suppressions(
    person: Person, *, spared: Collection[str] = ()
) -> QuerySet[Suppression]:
    wanted = set(person.addresses).difference(spared)
    return Suppression.objects.annotate(lower_email=Lower("email")).filter(
        lower_email__in=wanted
    )


def _still_used(person: Person) -> list[str]:
    others = Customer.objects.annotate(lower_email=Lower("email")).filter(
        lower_email__in=person.addresses
    )
    return list(others.exclude(pk=person.pk).values_list("lower_email", flat=True))


registry.addresses.append(addresses_of)
registry.exporters["messaging"] = describe_person
registry.erasers["messaging"] = forget_person

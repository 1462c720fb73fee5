"""What customers themselves consist of, and how they are forgotten."""

from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from customers.models import (
    Consent,
    CreditEntry,
    Customer,
    CustomerAttributeDates,
    Device,
    EventOutbox,
    MemberOffer,
    MemberTag,
    MemberWish,
)
from customers.services.addresses import remember_addresses
from marketing_os.lib.personal_data import Person, described
from marketing_os.lib.registry import registry


def describe_person(person: Person) -> dict[str, Any]:
    """List what is known about a customer, what they decided, and what they were given."""
    mine = {"customer_id": person.pk}
    return {
        "customer": described(Customer.objects.filter(pk=person.pk)),
        "attribute_dates": described(CustomerAttributeDates.objects.filter(**mine)),
        "consents": described(Consent.objects.filter(**mine)),
        "tags": described(MemberTag.objects.filter(**mine)),
        "offers": described(MemberOffer.objects.filter(**mine)),
        "credit_entries": described(CreditEntry.objects.filter(**mine)),
        "devices": described(Device.objects.filter(**mine)),
        "wishes": described(MemberWish.objects.filter(**mine)),
        "waiting_events": described(EventOutbox.objects.filter(**mine)),
    }


@transaction.atomic
def forget_person(person: Person) -> None:
    """Empty the customer's row, and keep of their addresses only keyed hashes."""
    # A batch of an import that writes about this customer is waited for here, and the
    # next one finds nobody.
    customer = Customer.objects.select_for_update().get(pk=person.pk)
    remember_addresses(person.addresses)
    for model in (MemberTag, MemberOffer, Device, EventOutbox, CustomerAttributeDates):
        model._default_manager.filter(customer_id=customer.pk).delete()
    # The sums of the ledger stay, without what they were for.
    CreditEntry.objects.filter(customer_id=customer.pk).update(
        reason="", source_key=None
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT remove_consents(array_agg(id), 'erasure of the customer', '')"
            " FROM consents WHERE customer_id = %s HAVING count(*) > 0",
            [customer.pk],
        )
    if customer.erased_at is None:
        _empty(customer)


def _empty(customer: Customer) -> None:
    Customer.objects.filter(pk=customer.pk).update(
        lms_lead_id=None,
        first_name="",
        last_name="",
        email="",
        mobile="",
        timezone="",
        attributes={},
        erased_at=timezone.now(),
        updated_date=timezone.now(),
    )


registry.exporters["customers"] = describe_person
registry.erasers["customers"] = forget_person

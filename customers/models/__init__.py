from customers.models.attribute import (
    AttributeDefinition,
    CustomerAttribute,
    CustomerAttributeDates,
)
from customers.models.consent import Consent
from customers.models.customer import Customer
from customers.models.membership import CreditEntry, Device, MemberOffer, MemberTag
from customers.models.outbox import EventOutbox, EventSubscription

__all__ = [
    "AttributeDefinition",
    "Consent",
    "CreditEntry",
    "Customer",
    "CustomerAttribute",
    "CustomerAttributeDates",
    "Device",
    "EventOutbox",
    "EventSubscription",
    "MemberOffer",
    "MemberTag",
]

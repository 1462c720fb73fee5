from customers.models.attribute import (
    AttributeDefinition,
    CustomerAttribute,
    CustomerAttributeDates,
)
from customers.models.consent import Consent, ConsentRemoval
from customers.models.customer import Customer
from customers.models.erasure import ErasedAddress, Erasure
from customers.models.membership import CreditEntry, Device, MemberOffer, MemberTag
from customers.models.outbox import EventOutbox, EventSubscription
from customers.models.wish import MemberWish

__all__ = [
    "AttributeDefinition",
    "Consent",
    "ConsentRemoval",
    "CreditEntry",
    "Customer",
    "CustomerAttribute",
    "CustomerAttributeDates",
    "Device",
    "ErasedAddress",
    "Erasure",
    "EventOutbox",
    "EventSubscription",
    "MemberOffer",
    "MemberTag",
    "MemberWish",
]

from customers.admin.attribute import AttributeDefinitionAdmin
from customers.admin.consent import ConsentAdmin
from customers.admin.customer import CustomerAdmin
from customers.admin.devices import DeviceAdmin
from customers.admin.rewards import CreditEntryAdmin, MemberOfferAdmin
from customers.admin.tag import MemberTagAdmin

__all__ = [
    "AttributeDefinitionAdmin",
    "ConsentAdmin",
    "CreditEntryAdmin",
    "CustomerAdmin",
    "DeviceAdmin",
    "MemberOfferAdmin",
    "MemberTagAdmin",
]

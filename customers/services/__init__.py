"""The verbs of customers."""

from customers.services.attributes import (
    define_attributes,
    delete_attribute,
    index_expression,
    match_indexes,
    set_attribute,
)
from customers.services.consents import record_consent
from customers.services.people import (
    count_held,
    erase_customer,
    export_customer,
    others_with_address,
)
from customers.services.tags import add_tag, remove_tag

__all__ = [
    "add_tag",
    "count_held",
    "define_attributes",
    "delete_attribute",
    "erase_customer",
    "export_customer",
    "index_expression",
    "match_indexes",
    "others_with_address",
    "record_consent",
    "remove_tag",
    "set_attribute",
]

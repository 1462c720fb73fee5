"""The verbs of customers."""

from customers.services.attributes import (
    define_attributes,
    delete_attribute,
    index_expression,
    match_indexes,
    set_attribute,
)
from customers.services.consents import record_consent
from customers.services.erasing import (
    erase_customer,
    next_erasures,
    request_erasure,
    work_on_erasure,
)
from customers.services.people import count_held, export_customer, others_with_address
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
    "next_erasures",
    "others_with_address",
    "record_consent",
    "remove_tag",
    "request_erasure",
    "set_attribute",
    "work_on_erasure",
]

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
from customers.services.wishes import (
    ask_for,
    close_wishes,
    fetch_copy,
    fulfil_wish,
    reopen_wishes,
    settle_wishes_of_erased,
)

__all__ = [
    "add_tag",
    "ask_for",
    "close_wishes",
    "count_held",
    "define_attributes",
    "delete_attribute",
    "erase_customer",
    "export_customer",
    "fetch_copy",
    "fulfil_wish",
    "index_expression",
    "match_indexes",
    "next_erasures",
    "others_with_address",
    "record_consent",
    "remove_tag",
    "reopen_wishes",
    "request_erasure",
    "set_attribute",
    "settle_wishes_of_erased",
    "work_on_erasure",
]

"""The verbs of customers."""

from customers.services.attributes import (
    define_attributes,
    delete_attribute,
    index_expression,
    match_indexes,
    set_attribute,
)
from customers.services.consents import record_consent
from customers.services.tags import add_tag, remove_tag

__all__ = [
    "add_tag",
    "define_attributes",
    "delete_attribute",
    "index_expression",
    "match_indexes",
    "record_consent",
    "remove_tag",
    "set_attribute",
]

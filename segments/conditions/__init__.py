"""The condition language: a versioned tree of conditions that becomes one SELECT.

reading      a JSON document becomes a tree, or a sentence with the path of the fault
kinds        one class per kind of condition: how it is read, compiled and told
comparisons  the operators of each type of value
moments      days as the customer's own clock counts them
compiling    the tree becomes SQL over the tables
schema       the JSON schema of a document
"""

from segments.conditions import kinds  # noqa: F401
from segments.conditions.catalogue import Catalogue
from segments.conditions.compiling import (
    condition,
    count_query,
    explain_query,
    members_query,
)
from segments.conditions.moments import Clock
from segments.conditions.reading import read_document, read_text
from segments.conditions.schema import json_schema
from segments.conditions.tree import Group, Leaf, Tree

__all__ = [
    "Catalogue",
    "Clock",
    "Group",
    "Leaf",
    "Tree",
    "condition",
    "count_query",
    "explain_query",
    "json_schema",
    "members_query",
    "read_document",
    "read_text",
]

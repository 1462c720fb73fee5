"""A tree that was read: groups of conditions, and what they have in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Self

from django.utils.translation import gettext as _
from psycopg import sql

from segments.conditions.catalogue import Catalogue
from segments.conditions.entry import Entry
from segments.conditions.moments import Clock
from segments.conditions.predicate import Predicate
from segments.models import Segment

ALL, ANY, NONE = "all", "any", "none"

# Every kind by its name in a document; the classes in `kinds` enter themselves, for a
# condition on another segment reads trees in turn.
KINDS: "dict[str, type[Leaf]]" = {}


@dataclass(frozen=True, kw_only=True)
class Leaf:
    """One condition about a customer; each kind is a class of its own.

    `keys` are those that its object may have beside "type", with their JSON schemas.
    """

    type: ClassVar[str]
    keys: ClassVar[dict[str, object]]
    required: ClassVar[tuple[str, ...]] = ()

    path: str

    def __init_subclass__(cls) -> None:
        KINDS[cls.type] = cls

    @classmethod
    def read(cls, entry: Entry, catalogue: Catalogue) -> Self:
        """Make the condition of an object; raises ConditionError for a fault in it."""
        raise NotImplementedError

    def predicate(self, clock: Clock) -> Predicate:
        """Return the condition as SQL over the customer `c`."""
        raise NotImplementedError

    def condition(self, clock: Clock, *, is_negated: bool) -> sql.Composable:
        """Return the condition, or its negation, which is never NULL."""
        return self.predicate(clock).negated_if(is_negated).sql

    def seen(self, clock: Clock) -> sql.Composable:
        """Return, as jsonb, what the condition looks at in the customer `c`."""
        raise NotImplementedError

    def words(self) -> str:
        """Say the condition as a clause: “whose course is “MBA””."""
        raise NotImplementedError

    @property
    def uses(self) -> tuple[Segment, ...]:
        """The segments that this condition asks, directly or through others."""
        return ()

    @property
    def is_sensitive(self) -> bool:
        return False


@dataclass(frozen=True)
class Group:
    """Conditions of which all, any or none must hold."""

    path: str
    mode: str
    members: "tuple[Node, ...]"


Node = Leaf | Group


@dataclass(frozen=True)
class Tree:
    """A whole document, ready to be compiled."""

    root: Node

    @property
    def leaves(self) -> list[Leaf]:
        return list(leaves_of(self.root))

    @property
    def uses(self) -> tuple[Segment, ...]:
        """Every segment that the tree asks, each once."""
        found = {used.pk: used for leaf in self.leaves for used in leaf.uses}
        return tuple(found.values())

    def words(self) -> str:
        """Say the tree as one sentence that begins with “Customers”."""
        return _("Customers %s.") % node_words(self.root)


def leaves_of(node: Node) -> Iterator[Leaf]:
    if isinstance(node, Leaf):
        yield node
        return
    for member in node.members:
        yield from leaves_of(member)


def node_words(node: Node) -> str:
    """Say a condition or a group as a clause."""
    if isinstance(node, Leaf):
        return node.words()
    clauses = [_nested_words(member) for member in node.members]
    if node.mode == NONE:
        listed = clauses[0] if len(clauses) == 1 else f" {_('or')} ".join(clauses)
        return _("except those %s") % listed
    joiner = _("and") if node.mode == ALL else _("or")
    return f" {joiner} ".join(clauses)


def _nested_words(node: Node) -> str:
    words = node_words(node)
    is_joined = isinstance(node, Group) and len(node.members) > 1
    return f"({words})" if is_joined else words

"""A person whose data is handed over or erased, and rows as plain values."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import BinaryField, GeneratedField, QuerySet


@dataclass(frozen=True)
class Searched:
    """How far an app was searched for a person where that takes long.

    `place` is the number of the last thing that was searched, `found` are those among
    them that name the person.
    """

    place: int = 0
    found: tuple[int, ...] = ()


# As if everything were searched, and nothing found.
PASSED_OVER = Searched(place=2**62)


@dataclass(frozen=True)
class Person:
    """A customer, and what tells elsewhere that they are meant.

    `addresses` are the e-mail addresses that they are known to have had, in lower case.
    `searched`, by app: what need not be searched again.
    """

    customer: Any
    addresses: tuple[str, ...]
    searched: Mapping[str, Searched] = field(default_factory=dict)

    @property
    def pk(self) -> int:
        return int(self.customer.pk)

    @property
    def marks(self) -> list[str]:
        """List the texts that name this person and nobody else, in lower case."""
        own = (self.customer.lms_lead_id, self.customer.mobile)
        return [*self.addresses, *(text.lower() for text in own if text)]


def described(
    rows: QuerySet[Any, Any], *, leave_out: Collection[str] = ()
) -> list[dict[str, Any]]:
    """Return rows as {column: value}, without bytes and what is made of other columns."""
    names = [
        field.attname
        for field in rows.model._meta.concrete_fields
        if not isinstance(field, (BinaryField, GeneratedField))
        and field.attname not in leave_out
    ]
    return list(rows.values(*names))

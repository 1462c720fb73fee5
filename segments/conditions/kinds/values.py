"""Conditions on what is known of a customer: fields, typed attributes."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg import sql

from customers.models import AttributeDefinition
from customers.services.attributes import index_expression
from segments.conditions.catalogue import Catalogue
from segments.conditions.comparisons import (
    Comparison,
    Operand,
    compare,
    read_comparison,
)
from segments.conditions.entry import Entry
from segments.conditions.kinds.shapes import COMPARING, TEXT, choice
from segments.conditions.moments import Clock
from segments.conditions.predicate import TRUE, Predicate
from segments.conditions.tree import Leaf
from segments.conditions.words import comparison_words

FIELDS: dict[str, tuple[Any, str]] = {
    "first_name": (gettext_lazy("first name"), "string"),
    "last_name": (gettext_lazy("last name"), "string"),
    "email": (gettext_lazy("e-mail"), "string"),
    "mobile": (gettext_lazy("mobile number"), "string"),
    "timezone": (gettext_lazy("time zone"), "string"),
    "lms_lead_id": (gettext_lazy("LMS lead ID"), "string"),
    "created_date": (gettext_lazy("creation date"), "timestamp"),
    "updated_date": (gettext_lazy("date of the last change"), "timestamp"),
}


@dataclass(frozen=True, kw_only=True)
class FieldCondition(Leaf):
    """A fixed field of the customer compares as asked."""

    type: ClassVar[str] = "field"
    keys: ClassVar[dict[str, object]] = {"field": choice(FIELDS), **COMPARING}
    required: ClassVar[tuple[str, ...]] = ("field", "operator")

    field: str
    comparison: Comparison

    @classmethod
    def read(cls, entry: Entry, catalogue: Catalogue) -> Self:
        field = entry.choice("field", FIELDS)
        compared = read_comparison(entry, FIELDS[field][1])
        return cls(path=entry.path, field=field, comparison=compared)

    def predicate(self, clock: Clock) -> Predicate:
        column = sql.SQL("c.{}").format(sql.Identifier(self.field))
        text = sql.SQL("coalesce({}, '')").format(column)
        if self.field != "lms_lead_id":
            text = column
        return compare(self.comparison, Operand(column, text, is_json=False), clock)

    def seen(self, clock: Clock) -> sql.Composable:
        return sql.SQL("to_jsonb(c.{})").format(sql.Identifier(self.field))

    def words(self) -> str:
        return _("whose %(name)s %(comparison)s") % {
            "name": FIELDS[self.field][0],
            "comparison": comparison_words(self.comparison),
        }


@dataclass(frozen=True, kw_only=True)
class AttributeCondition(Leaf):
    """An attribute compares as asked, by the operators of its type."""

    type: ClassVar[str] = "attribute"
    keys: ClassVar[dict[str, object]] = {"attribute": TEXT, **COMPARING}
    required: ClassVar[tuple[str, ...]] = ("attribute", "operator")

    definition: AttributeDefinition
    comparison: Comparison

    @classmethod
    def read(cls, entry: Entry, catalogue: Catalogue) -> Self:
        name = entry.text("attribute")
        definition = catalogue.attribute(name)
        if definition is None:
            raise entry.refuse(
                "attribute", _("There is no attribute “%s” that you may use.") % name
            )
        compared = read_comparison(entry, definition.field_type)
        return cls(path=entry.path, definition=definition, comparison=compared)

    def predicate(self, clock: Clock) -> Predicate:
        name = sql.Literal(self.definition.name)
        has_prefix = self.definition.indexed and self.definition.field_type == "string"
        operand = Operand(
            sql.SQL("(c.attributes -> {})").format(name),
            sql.SQL("(c.attributes ->> {})").format(name),
            prefix=index_expression(self.definition.name, "string")
            if has_prefix
            else None,
        )
        return compare(self.comparison, operand, clock)

    def seen(self, clock: Clock) -> sql.Composable:
        return sql.SQL("(c.attributes -> {})").format(sql.Literal(self.definition.name))

    def words(self) -> str:
        return _("whose %(name)s %(comparison)s") % {
            "name": self.definition.label or self.definition.name,
            "comparison": comparison_words(self.comparison),
        }

    @property
    def is_sensitive(self) -> bool:
        return self.definition.sensitive


@dataclass(frozen=True, kw_only=True)
class EveryoneCondition(Leaf):
    """Every active customer; said expressly, so that nobody means it by mistake."""

    type: ClassVar[str] = "everyone"
    keys: ClassVar[dict[str, object]] = {}

    @classmethod
    def read(cls, entry: Entry, catalogue: Catalogue) -> Self:
        return cls(path=entry.path)

    def predicate(self, clock: Clock) -> Predicate:
        return Predicate(TRUE, is_certain=True)

    def seen(self, clock: Clock) -> sql.Composable:
        return sql.SQL("NULL::jsonb")

    def words(self) -> str:
        return _("of every kind")

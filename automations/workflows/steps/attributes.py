from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.workflows.batch import Batch
from automations.workflows.fields import Field, Kind
from automations.workflows.steps.base import Step
from customers.models import AttributeDefinition
from customers.services.patches import patch_attribute
from segments.conditions import Catalogue
from segments.conditions.entry import Entry, checked_day, checked_number, checked_text

TYPES = ("string", "numeric", "boolean", "date")


def _value_field(field_type: str, kind: Kind, **more: Any) -> Field:
    def names() -> list[str]:
        found = AttributeDefinition.objects.filter(field_type=field_type)
        return list(found.values_list("name", flat=True))

    return Field(
        "value",
        gettext_lazy("Value"),
        kind,
        help=gettext_lazy("Empty: the member's value is taken away."),
        shown_for=("attribute", names),
        **more,
    )


@dataclass(frozen=True, kw_only=True)
class SetAttribute(Step):
    """Give an attribute of the member a value, or take it away."""

    type: ClassVar[str] = "set_attribute"
    title: ClassVar[str | Promise] = gettext_lazy("Set an attribute")
    icon: ClassVar[str] = "edit_attributes"
    fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "attribute",
            gettext_lazy("Attribute"),
            Kind.CHOICE,
            choices=lambda: [
                (one.name, str(one))
                for one in AttributeDefinition.objects.filter(
                    field_type__in=TYPES
                ).order_by("name")
            ],
        ),
        _value_field("string", Kind.TEXT),
        _value_field("numeric", Kind.NUMBER),
        _value_field("date", Kind.DAY),
        _value_field(
            "boolean",
            Kind.CHOICE,
            choices=lambda: ((True, gettext_lazy("Yes")), (False, gettext_lazy("No"))),
        ),
    )

    attribute: str
    value: Any

    @classmethod
    def read(cls, step_id: str, entry: Entry, catalogue: Catalogue) -> Self:
        name = entry.text("attribute")
        definition = catalogue.attribute(name)
        if definition is None or definition.field_type not in TYPES:
            raise entry.refuse(
                "attribute",
                _("There is no attribute “%s” whose value a step can set.") % name,
            )
        value = _value(definition.field_type, entry)
        return cls(id=step_id, attribute=name, value=value)

    def run(self, batch: Batch) -> None:
        patch_attribute(batch.customer_ids, self.attribute, self.value)

    def words(self) -> str:
        if self.value is None:
            return _("Clear “%s”") % self.attribute
        return _("Set “%(name)s” to %(value)s") % {
            "name": self.attribute,
            "value": _words_of(self.value),
        }


def _words_of(value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def _value(field_type: str, entry: Entry) -> Any:
    value, path = entry.values.get("value"), entry.at("value")
    if value is None:
        return None
    if field_type == "boolean":
        return entry.flag("value")
    if field_type == "numeric":
        return checked_number(value, path)
    if field_type == "date":
        return checked_day(value, path).isoformat()
    return checked_text(value, path)

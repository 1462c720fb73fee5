from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.workflows.batch import Batch
from automations.workflows.steps.base import Step
from customers.services.patches import patch_attribute
from segments.conditions import Catalogue
from segments.conditions.entry import Entry, checked_day, checked_number, checked_text

TYPES = ("string", "numeric", "boolean", "date")


@dataclass(frozen=True, kw_only=True)
class SetAttribute(Step):
    """Give an attribute of the member a value, or take it away."""

    type: ClassVar[str] = "set_attribute"
    title: ClassVar[str | Promise] = gettext_lazy("Set an attribute")
    keys: ClassVar[tuple[str, ...]] = ("attribute", "value")

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
            "value": self.value,
        }


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

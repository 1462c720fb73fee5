from dataclasses import dataclass
from typing import ClassVar, Self

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.workflows.batch import Batch
from automations.workflows.fields import Field
from automations.workflows.steps.base import Step
from customers.models import MemberTag
from customers.services import add_tag, remove_tag
from customers.services.tags import MAX_TAG
from marketing_os.lib.distinct import distinct_values
from segments.conditions import Catalogue
from segments.conditions.entry import Entry

_FIELD = Field(
    "tag", gettext_lazy("Tag"), suggestions=lambda: distinct_values(MemberTag, "tag")
)


def _tag(entry: Entry) -> str:
    tag = entry.text("tag").strip()
    if not tag or len(tag) > MAX_TAG:
        raise entry.refuse("tag", _("A tag has 1 to 100 characters."))
    return tag


@dataclass(frozen=True, kw_only=True)
class AddTag(Step):
    """Put a tag on the member."""

    type: ClassVar[str] = "add_tag"
    title: ClassVar[str | Promise] = gettext_lazy("Add a tag")
    icon: ClassVar[str] = "sell"
    fields: ClassVar[tuple[Field, ...]] = (_FIELD,)

    tag: str

    @classmethod
    def read(cls, step_id: str, entry: Entry, catalogue: Catalogue) -> Self:
        return cls(id=step_id, tag=_tag(entry))

    def run(self, batch: Batch) -> None:
        add_tag(batch.customer_ids, self.tag)

    def words(self) -> str:
        return _("Add the tag “%s”") % self.tag


@dataclass(frozen=True, kw_only=True)
class RemoveTag(Step):
    """Take a tag off the member."""

    type: ClassVar[str] = "remove_tag"
    title: ClassVar[str | Promise] = gettext_lazy("Remove a tag")
    icon: ClassVar[str] = "label_off"
    fields: ClassVar[tuple[Field, ...]] = (_FIELD,)

    tag: str

    @classmethod
    def read(cls, step_id: str, entry: Entry, catalogue: Catalogue) -> Self:
        return cls(id=step_id, tag=_tag(entry))

    def run(self, batch: Batch) -> None:
        remove_tag(batch.customer_ids, self.tag)

    def words(self) -> str:
        return _("Remove the tag “%s”") % self.tag

from dataclasses import dataclass
from typing import ClassVar, Self

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.workflows.batch import Batch
from automations.workflows.fields import Field, Kind
from automations.workflows.matching import among
from automations.workflows.steps.base import Step, read_conditions
from segments.conditions import Catalogue, Tree
from segments.conditions.entry import Entry
from segments.conditions.tree import node_words


@dataclass(frozen=True, kw_only=True)
class Branch(Step):
    """Go one way for members whom conditions match, and another for the rest.

    `yes` and `no` are the first steps of the two ways; "" goes on behind the branch.
    """

    type: ClassVar[str] = "branch"
    title: ClassVar[str | Promise] = gettext_lazy("Branch")
    icon: ClassVar[str] = "call_split"
    fields: ClassVar[tuple[Field, ...]] = (
        Field("conditions", gettext_lazy("Yes for customers"), Kind.CONDITIONS),
    )

    tree: Tree
    yes: str = ""
    no: str = ""

    @classmethod
    def read(cls, step_id: str, entry: Entry, catalogue: Catalogue) -> Self:
        tree = read_conditions(entry, "conditions", catalogue)
        return cls(id=step_id, tree=tree)

    def run(self, batch: Batch) -> None:
        matching = among(self.tree, batch.customer_ids, batch.setting.now)
        for one in batch.members:
            holds = one.customer_id in matching
            batch.ways[one.enrolment_id] = self.yes if holds else self.no
            batch.details[one.enrolment_id] = _("Yes") if holds else _("No")

    def words(self) -> str:
        return _("For customers %s") % node_words(self.tree.root)

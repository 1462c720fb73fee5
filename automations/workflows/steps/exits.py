from dataclasses import dataclass
from typing import ClassVar, Self

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.workflows.batch import Batch
from automations.workflows.steps.base import Step
from segments.conditions import Catalogue
from segments.conditions.entry import Entry


@dataclass(frozen=True, kw_only=True)
class Exit(Step):
    """End the member's way here."""

    type: ClassVar[str] = "exit"
    title: ClassVar[str | Promise] = gettext_lazy("Leave the workflow")
    icon: ClassVar[str] = "logout"

    @classmethod
    def read(cls, step_id: str, entry: Entry, catalogue: Catalogue) -> Self:
        return cls(id=step_id)

    def run(self, batch: Batch) -> None:
        reason = _("Left at a step.")
        batch.exits |= dict.fromkeys(batch.enrolment_ids, reason)

    def words(self) -> str:
        return _("Leave the workflow")

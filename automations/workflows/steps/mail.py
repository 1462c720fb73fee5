from dataclasses import dataclass
from typing import ClassVar, Self

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.workflows.batch import Batch
from automations.workflows.fields import Field
from automations.workflows.steps.base import Step
from automations.workflows.steps.sending import VALUES_FIELD, Letter, template_field
from messaging.models import MessageTemplate
from messaging.services.growing import add_mails
from segments.conditions import Catalogue
from segments.conditions.entry import Entry

_CHANNEL = MessageTemplate.Channel.EMAIL


@dataclass(frozen=True, kw_only=True)
class SendEmail(Step):
    """Send the member a mail, if the rules about mails let it go."""

    type: ClassVar[str] = "send_email"
    title: ClassVar[str | Promise] = gettext_lazy("Send an e-mail")
    icon: ClassVar[str] = "mail"
    fields: ClassVar[tuple[Field, ...]] = (template_field(_CHANNEL), VALUES_FIELD)

    letter: Letter

    @classmethod
    def read(cls, step_id: str, entry: Entry, catalogue: Catalogue) -> Self:
        return cls(id=step_id, letter=Letter.read(_CHANNEL, entry))

    def missing(self) -> tuple[str, str] | None:
        return self.letter.missing()

    def hindrance(self) -> tuple[str, str] | None:
        return self.letter.hindrance()

    def run(self, batch: Batch) -> None:
        self.letter.send(batch, add_mails)

    def words(self) -> str:
        return _("Send the e-mail “%s”") % (self.letter.template or "–")

"""What the steps that send have in common: their template, dispatch and outcome."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg import sql

from automations.workflows.batch import Batch, Member
from automations.workflows.fields import Field, Kind
from automations.workflows.merging import constant_values, own_values, read_values
from automations.workflows.numbers import step_name
from imports.database import fetch
from marketing_os.lib.errors import DomainError
from messaging.models import Delivery, Dispatch, MessageTemplate
from messaging.services.growing import Added, growing_dispatch, stop_growing
from messaging.services.judging import Wanted
from messaging.services.senders import SenderError, allowed_senders
from segments.conditions.entry import BIGGEST_ID, Entry

Add = Callable[[Dispatch, Sequence[Wanted]], dict[int, Added]]
_SKIPPED = Delivery.State.SKIPPED


def template_field(channel: str) -> Field:
    """Return the field in which a template of a channel is chosen."""

    def choices() -> list[tuple[Any, str | Promise]]:
        found = MessageTemplate.objects.filter(type=channel)
        return list(found.values_list("pk", "name"))

    return Field("template_id", gettext_lazy("Template"), Kind.CHOICE, choices=choices)


VALUES_FIELD = Field(
    "context",
    gettext_lazy("Values for the template"),
    Kind.LINES,
    help=gettext_lazy(
        "One a line: name = value. The template reads them as {{ name }}."
    ),
)


@dataclass(frozen=True)
class Letter:
    """What a step sends: a template of a channel, with `values` of the step's own."""

    channel: str
    template_id: int
    values: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, channel: str, entry: Entry) -> Self:
        """Read it from the parameters of a step; raises ConditionError."""
        pk = entry.whole("template_id", least=1, most=BIGGEST_ID)
        return cls(str(channel), pk, read_values(entry, "context"))

    @property
    def template(self) -> MessageTemplate | None:
        found = MessageTemplate.objects.filter(pk=self.template_id)
        return found.select_related("current_version__template").first()

    def missing(self) -> tuple[str, str] | None:
        template = self.template
        if template is None:
            return "template_id", _("Choose a template that exists.")
        if template.type != self.channel:
            return "template_id", _("“%(name)s” is a template for %(channel)s.") % {
                "name": template,
                "channel": template.get_type_display(),
            }
        return None

    def hindrance(self) -> tuple[str, str] | None:
        template = self.template
        if template is None:
            return None
        if template.current_version_id is None:
            return "template_id", _("“%s” cannot be sent yet: publish it.") % template
        if template.type == MessageTemplate.Channel.EMAIL:
            try:
                allowed_senders().of(template)
            except SenderError as error:
                return "template_id", str(error)
        return None

    def send(self, batch: Batch, add: Add) -> None:
        """Make a delivery for each member; `add` is the service that does it."""
        template = self.template
        if template is None:
            batch.hinder(batch.members, _("The template is not there any more."))
            return
        own = own_values(batch)
        wanted = [
            Wanted(one.customer_id, one.enrolment_id, own.get(one.enrolment_id))
            for one in batch.members
        ]
        try:
            added = add(self._dispatch(batch, template), wanted)
        except DomainError as error:
            batch.hinder(batch.members, str(error))
            return
        _note(batch, added)

    def _dispatch(self, batch: Batch, template: MessageTemplate) -> Dispatch:
        version = batch.setting.version
        dispatch = growing_dispatch(
            template=template,
            source_key=f"workflow:{version.pk}:{batch.step_id}",
            series=f"workflow-step:{version.workflow_id}:{batch.step_id}",
            name=step_name(version, batch.step_id)[:255],
            context=constant_values(version) | dict(self.values),
        )
        dispatch.template = template
        return dispatch


def close_left_dispatches() -> int:
    """Let the dispatches end that nobody can come to any more; return how many."""
    found = [row[0] for row in fetch(sql.SQL(_LEFT))]
    for dispatch in Dispatch.objects.filter(pk__in=found):
        stop_growing(dispatch)
    return len(found)


# Those of versions that nobody enters any more, and that everybody has left.
_LEFT = """
SELECT d.id FROM dispatches d
JOIN workflow_versions v
    ON v.id = substring(d.source_key FROM '^workflow:([0-9]{1,18}):')::bigint
JOIN automation_workflows w ON w.id = v.workflow_id
WHERE d.grows
  AND (w.current_version_id IS DISTINCT FROM v.id OR w.archived_at IS NOT NULL)
  AND NOT EXISTS (SELECT FROM enrolments e
                  WHERE e.version_id = v.id AND e.state IN ('active', 'paused'))
"""


def _note(batch: Batch, added: dict[int, Added]) -> None:
    """Link the deliveries with the log, and say where there is none to be read."""
    made: dict[int, int] = {}
    for one in batch.members:
        found = added.get(one.enrolment_id, Added())
        if found.problem:
            batch.hinder([one], found.problem)
        elif found.delivery_id is not None:
            made[one.enrolment_id] = found.delivery_id
            _tell(batch, one, found)
    batch.made["delivery"] = made


def _tell(batch: Batch, one: Member, found: Added) -> None:
    if found.state == _SKIPPED:
        reason = Delivery.Reason(found.reason).label
        batch.note([one], _("Not sent: %s") % reason)

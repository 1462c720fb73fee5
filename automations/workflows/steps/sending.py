"""The steps that send: an e-mail, or a message in the notification centre."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg import sql

from automations.workflows.batch import Batch, Member
from automations.workflows.fields import Field, Kind
from automations.workflows.merging import constant_values, own_values, read_values
from automations.workflows.numbers import step_name
from automations.workflows.steps.base import Step
from imports.database import fetch
from marketing_os.lib.errors import DomainError
from messaging.models import Delivery, Dispatch, MessageTemplate
from messaging.services.growing import (
    Added,
    add_mails,
    add_notifications,
    growing_dispatch,
    stop_growing,
)
from messaging.services.judging import Wanted
from messaging.services.senders import SenderError, allowed_senders
from segments.conditions import Catalogue
from segments.conditions.entry import BIGGEST_ID, Entry

_SKIPPED = Delivery.State.SKIPPED


@dataclass(frozen=True, kw_only=True)
class Sending(Step):
    """A step that sends a template of a channel, with `values` of the step's own.

    `told` says what it does with the name of the template.
    """

    channel: ClassVar[MessageTemplate.Channel]
    told: ClassVar[str | Promise]

    template_id: int
    values: tuple[tuple[str, str], ...]
    catalogue: Catalogue = field(repr=False, compare=False)

    @classmethod
    def read(cls, step_id: str, entry: Entry, catalogue: Catalogue) -> Self:
        return cls(
            id=step_id,
            template_id=entry.whole("template_id", least=1, most=BIGGEST_ID),
            values=read_values(entry, "context"),
            catalogue=catalogue,
        )

    @property
    def named(self) -> MessageTemplate | None:
        """The template, of which only the name and the type are looked up."""
        return self.catalogue.template(self.template_id)

    @property
    def template(self) -> MessageTemplate | None:
        found = MessageTemplate.objects.filter(pk=self.template_id)
        return found.select_related("current_version__template").first()

    def missing(self) -> tuple[str, str] | None:
        template = self.named
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

    def run(self, batch: Batch) -> None:
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
            added = self.add(self._dispatch(batch, template), wanted)
        except DomainError as error:
            batch.hinder(batch.members, str(error))
            return
        _note(batch, added)

    def add(self, dispatch: Dispatch, wanted: Sequence[Wanted]) -> dict[int, Added]:
        """Make a delivery for each wish, by the service that does it."""
        raise NotImplementedError

    def words(self) -> str:
        return self.told % (self.named or "–")

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


def _fields(channel: str) -> tuple[Field, ...]:
    """Return the choice of a template of a channel, and of values for it."""

    def choices() -> list[tuple[Any, str | Promise]]:
        found = MessageTemplate.objects.filter(type=channel)
        return list(found.values_list("pk", "name"))

    return (
        Field("template_id", gettext_lazy("Template"), Kind.CHOICE, choices=choices),
        Field(
            "context",
            gettext_lazy("Values for the template"),
            Kind.LINES,
            help=gettext_lazy(
                "One a line: name = value. The template reads them as {{ name }}."
            ),
        ),
    )


@dataclass(frozen=True, kw_only=True)
class SendEmail(Sending):
    """Send the member a mail, if the rules about mails let it go."""

    type: ClassVar[str] = "send_email"
    title: ClassVar[str | Promise] = gettext_lazy("Send an e-mail")
    icon: ClassVar[str] = "mail"
    channel = MessageTemplate.Channel.EMAIL
    fields: ClassVar[tuple[Field, ...]] = _fields(channel)
    told = gettext_lazy("Send the e-mail “%s”")

    def add(self, dispatch: Dispatch, wanted: Sequence[Wanted]) -> dict[int, Added]:
        return add_mails(dispatch, wanted)


@dataclass(frozen=True, kw_only=True)
class SendInAppNotification(Sending):
    """Put a message into the member's notification centre."""

    type: ClassVar[str] = "send_in_app_notification"
    title: ClassVar[str | Promise] = gettext_lazy("Send an in-app notification")
    icon: ClassVar[str] = "notifications"
    channel = MessageTemplate.Channel.IN_APP
    fields: ClassVar[tuple[Field, ...]] = _fields(channel)
    told = gettext_lazy("Send the in-app notification “%s”")

    def add(self, dispatch: Dispatch, wanted: Sequence[Wanted]) -> dict[int, Added]:
        return add_notifications(dispatch, wanted)


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

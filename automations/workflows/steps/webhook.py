from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from automations.models import WebhookEndpoint
from automations.models.webhook import without_query
from automations.services.webhooks import News, queue_calls
from automations.workflows.batch import Batch, Member
from automations.workflows.fields import Field, Kind, Words
from automations.workflows.steps.base import Step
from customers.models import Customer
from segments.conditions import Catalogue
from segments.conditions.entry import Entry

EVENT = "workflow.step"
LONGEST_EVENT = 100


def _endpoints() -> Iterable[tuple[Any, Words]]:
    for one in WebhookEndpoint.objects.all():
        yield one.url, f"{one.name} ({one.address})"


@dataclass(frozen=True, kw_only=True)
class CallWebhook(Step):
    """Tell another system that the member came to this step."""

    type: ClassVar[str] = "webhook"
    title: ClassVar[str | Promise] = gettext_lazy("Call a webhook")
    icon: ClassVar[str] = "webhook"
    fields: ClassVar[tuple[Field, ...]] = (
        Field(
            "url",
            gettext_lazy("Endpoint"),
            Kind.CHOICE,
            choices=_endpoints,
            help=gettext_lazy(
                "Endpoints are made under Automations, Webhook endpoints; each has a "
                "secret by which the other system knows that we call."
            ),
        ),
        Field(
            "event",
            gettext_lazy("Name of the event"),
            default=EVENT,
            help=gettext_lazy("The other system tells by it what happened."),
        ),
    )

    url: str
    event: str

    @classmethod
    def read(cls, step_id: str, entry: Entry, catalogue: Catalogue) -> Self:
        url = entry.text("url").strip()
        event = entry.text("event", default=EVENT).strip()
        if not 0 < len(event) <= LONGEST_EVENT:
            raise entry.refuse("event", _("A name has 1 to 100 characters."))
        return cls(id=step_id, url=url, event=event)

    @property
    def endpoint(self) -> WebhookEndpoint | None:
        return WebhookEndpoint.objects.filter(url=self.url).first()

    def missing(self) -> tuple[str, str] | None:
        if self.endpoint is None:
            return "url", _("Choose one of the webhook endpoints.")
        return None

    def hindrance(self) -> tuple[str, str] | None:
        endpoint = self.endpoint
        if endpoint is None or endpoint.is_active:
            return None
        return "url", _("The webhook endpoint “%s” is switched off.") % endpoint

    def run(self, batch: Batch) -> None:
        endpoint = self.endpoint
        if endpoint is None:
            batch.hinder(
                batch.members, _("The webhook endpoint is not there any more.")
            )
            return
        people = Customer.objects.in_bulk(batch.customer_ids)
        queue_calls(
            endpoint,
            self.event,
            [
                News(one.customer_id, batch.key_of(one), self._data(batch, one, people))
                for one in batch.members
            ],
            workflow=batch.setting.workflow,
            now=batch.setting.now,
        )

    def _data(
        self, batch: Batch, one: Member, people: dict[int, Customer]
    ) -> dict[str, Any]:
        workflow, customer = batch.setting.workflow, people[one.customer_id]
        return {
            "workflow": {"id": workflow.pk, "name": workflow.name},
            "step": self.id,
            "enrolment_id": one.enrolment_id,
            "context": one.context,
            "customer": {
                "id": customer.pk,
                "lms_lead_id": customer.lms_lead_id,
                "email": customer.email,
                "first_name": customer.first_name,
                "last_name": customer.last_name,
            },
        }

    def words(self) -> str:
        return _("Call the webhook %(url)s with “%(event)s”") % {
            "url": without_query(self.url),
            "event": self.event,
        }

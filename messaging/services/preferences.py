"""What customers choose to get, by the link in a mail."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from customers.models import Consent, Customer
from customers.services import record_consent
from messaging.models import Delivery, MessageTemplate, Pause, Topic
from messaging.services import history
from messaging.services.unsubscribing import receivers

SOURCE = "preference page"
PAUSE = timedelta(days=30)
_Channel = MessageTemplate.Channel
# A channel that needs a telephone is offered to those who gave one.
_BY_TELEPHONE = (_Channel.WHATSAPP, _Channel.SMS)
# In the proofs, a choice of topic holds for every channel.
_EVERY_CHANNEL = ""


@dataclass(frozen=True)
class Choice:
    """One thing that a customer may want or not."""

    value: str
    name: str
    description: str
    is_wanted: bool


@dataclass(frozen=True)
class Preferences:
    """What the receiver of a delivery wants, as the page shows it."""

    topics: list[Choice]
    channels: list[Choice]
    paused_until: datetime | None


def preferences_of(delivery: Delivery) -> Preferences:
    """Read what the receiver of a delivery wants now."""
    pause = Pause.objects.filter(
        customer=delivery.customer_id, until__gt=timezone.now()
    ).first()
    decided = _Decisions(delivery.customer)
    return Preferences(
        topics=[
            Choice(
                topic.key,
                topic.name,
                topic.description,
                decided.wants_topic(delivery.channel, topic.key),
            )
            for topic in Topic.objects.filter(is_active=True)
        ],
        channels=[
            Choice(channel, str(channel.label), "", decided.wants_channel(channel))
            for channel in _channels(delivery.customer)
        ],
        paused_until=pause.until if pause else None,
    )


@transaction.atomic
def save_preferences(
    delivery: Delivery,
    *,
    topics: Collection[str],
    channels: Collection[str],
    evidence: str,
) -> None:
    """Record what the receiver of a delivery wants from now on.

    Holds for everybody with the address. What the page did not offer stays.
    """
    offered = preferences_of(delivery)
    proof = f"delivery {delivery.pk}: {evidence}"
    for customer in receivers(delivery):
        decided = _Decisions(customer)
        for choice in offered.channels:
            wanted = choice.value in channels
            if decided.wants_channel(choice.value) != wanted:
                _decide(customer, choice.value, "", wanted, proof)
        for choice in offered.topics:
            wanted = choice.value in topics
            if decided.wants_topic(delivery.channel, choice.value) != wanted:
                place = decided.place_of_topic(delivery.channel, choice.value)
                _decide(customer, place, choice.value, wanted, proof)
    history.note({delivery.pk: evidence}, history.CHOSE, is_human=True)


@transaction.atomic
def pause(delivery: Delivery, *, evidence: str) -> datetime:
    """Send no marketing to the receiver of a delivery for 30 days from now."""
    until = timezone.now() + PAUSE
    Pause.objects.bulk_create(
        [Pause(customer=customer, until=until) for customer in receivers(delivery)],
        update_conflicts=True,
        unique_fields=["customer"],
        update_fields=["until"],
    )
    history.note({delivery.pk: evidence}, history.PAUSED, is_human=True)
    return until


@transaction.atomic
def end_pause(delivery: Delivery, *, evidence: str) -> None:
    """Let marketing reach the receiver of a delivery again."""
    ended, _details = Pause.objects.filter(customer__in=receivers(delivery)).delete()
    if ended:
        history.note({delivery.pk: evidence}, history.PAUSE_ENDED, is_human=True)


def _channels(customer: Customer) -> list[MessageTemplate.Channel]:
    return [
        channel
        for channel in _Channel
        if customer.mobile or channel not in _BY_TELEPHONE
    ]


class _Decisions:
    """A customer's last decision for each channel and topic that has one."""

    def __init__(self, customer: Customer) -> None:
        rows = Consent.objects.filter(customer=customer).deciding()
        self._last = {(row.channel, row.topic): row for row in rows}

    def wants_channel(self, channel: str) -> bool:
        row = self._last.get((channel, ""))
        return row.granted if row else not settings.CONSENT_REQUIRED

    def wants_topic(self, channel: str, topic: str) -> bool:
        row = self._of_topic(channel, topic)
        return row.granted if row else True

    def place_of_topic(self, channel: str, topic: str) -> str:
        """Return the channel under which the next decision overrules the last."""
        row = self._of_topic(channel, topic)
        return row.channel if row else _EVERY_CHANNEL

    def _of_topic(self, channel: str, topic: str) -> Consent | None:
        found = [self._last.get((place, topic)) for place in (channel, _EVERY_CHANNEL)]
        return max(
            filter(None, found), key=lambda row: (row.occurred_at, row.pk), default=None
        )


def _decide(
    customer: Customer, channel: str, topic: str, granted: bool, evidence: str
) -> None:
    record_consent(
        customer,
        granted=granted,
        source=SOURCE,
        channel=channel,
        topic=topic,
        evidence=evidence,
    )

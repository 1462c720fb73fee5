"""What customers choose to get, by the link in a mail or on their own page."""

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
class Chooser:
    """Who chooses, by which channel they came, and by which delivery, if by one."""

    customer: Customer
    channel: str
    address: str
    delivery_id: int | None = None

    @classmethod
    def by_link(cls, delivery: Delivery) -> "Chooser":
        return cls(delivery.customer, delivery.channel, delivery.address, delivery.pk)

    @classmethod
    def in_session(cls, member: Customer) -> "Chooser":
        return cls(member, _Channel.EMAIL, member.email)

    @property
    def everybody(self) -> list[Customer]:
        """List those for whom the choice holds: all who have the address."""
        return receivers(self.customer.pk, self.address)

    def note(self, kind: str, evidence: str) -> None:
        """Write the choice among what happened to the delivery."""
        if self.delivery_id is not None:
            history.note({self.delivery_id: evidence}, kind, is_human=True)


@dataclass(frozen=True)
class Choice:
    """One thing that a customer may want or not."""

    value: str
    name: str
    description: str
    is_wanted: bool


@dataclass(frozen=True)
class Preferences:
    """What somebody wants, as the page shows it."""

    topics: list[Choice]
    channels: list[Choice]
    paused_until: datetime | None


def preferences_of(chooser: Chooser) -> Preferences:
    """Read what somebody wants now."""
    pause = Pause.objects.filter(
        customer=chooser.customer, until__gt=timezone.now()
    ).first()
    decided = _Decisions(chooser.customer)
    return Preferences(
        topics=[
            Choice(
                topic.key,
                topic.name,
                topic.description,
                decided.wants_topic(chooser.channel, topic.key),
            )
            for topic in Topic.objects.filter(is_active=True)
        ],
        channels=[
            Choice(channel, str(channel.label), "", decided.wants_channel(channel))
            for channel in _channels(chooser.customer)
        ],
        paused_until=pause.until if pause else None,
    )


@transaction.atomic
def save_preferences(
    chooser: Chooser,
    *,
    topics: Collection[str],
    channels: Collection[str],
    evidence: str,
) -> None:
    """Record what somebody wants from now on.

    Holds for everybody with the address. What the page did not offer stays.
    """
    offered = preferences_of(chooser)
    by = f"delivery {chooser.delivery_id}" if chooser.delivery_id else "own page"
    proof = f"{by}: {evidence}"
    for customer in chooser.everybody:
        decided = _Decisions(customer)
        for choice in offered.channels:
            wanted = choice.value in channels
            if decided.wants_channel(choice.value) != wanted:
                _decide(customer, choice.value, "", wanted, proof)
        for choice in offered.topics:
            wanted = choice.value in topics
            if decided.wants_topic(chooser.channel, choice.value) != wanted:
                place = decided.place_of_topic(chooser.channel, choice.value)
                _decide(customer, place, choice.value, wanted, proof)
    chooser.note(history.CHOSE, evidence)


@transaction.atomic
def pause(chooser: Chooser, *, evidence: str) -> datetime:
    """Send somebody no marketing for 30 days from now."""
    until = timezone.now() + PAUSE
    Pause.objects.bulk_create(
        [Pause(customer=customer, until=until) for customer in chooser.everybody],
        update_conflicts=True,
        unique_fields=["customer"],
        update_fields=["until"],
    )
    chooser.note(history.PAUSED, evidence)
    return until


@transaction.atomic
def end_pause(chooser: Chooser, *, evidence: str) -> None:
    """Let marketing reach somebody again."""
    ended, _details = Pause.objects.filter(customer__in=chooser.everybody).delete()
    if ended:
        chooser.note(history.PAUSE_ENDED, evidence)


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

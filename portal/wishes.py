"""What a member's page says of the wishes that they had about their own data."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import TextChoices
from django.utils import timezone

from customers.models import Customer, Erasure, MemberWish


class State(TextChoices):
    """How far a wish is."""

    ASKED = "asked"
    SENT = "sent"
    OVER = "over"
    ERASING = "erasing"
    CLOSED = "closed"


@dataclass(frozen=True)
class Wished:
    """The last wish of a kind: how far it is, since when, and until when a link works."""

    state: State
    asked_at: datetime
    since: datetime
    until: datetime

    @property
    def is_open(self) -> bool:
        return self.state in (State.ASKED, State.ERASING)


def wishes_of(member: Customer) -> dict[str, Wished]:
    """Return the last wish of each kind that a member had."""
    newest = MemberWish.objects.filter(customer=member).order_by("kind", "-pk")
    return {wish.kind: _wished(wish) for wish in newest.distinct("kind")}


def _wished(wish: MemberWish) -> Wished:
    since = wish.fulfilled_at or wish.closed_at or wish.asked_at
    until = since + timedelta(days=settings.MEMBER_COPY_DAYS)
    return Wished(_state_of(wish, until), wish.asked_at, since, until)


def _state_of(wish: MemberWish, until: datetime) -> State:
    if wish.fulfilled_at is not None:
        return State.SENT if timezone.now() < until else State.OVER
    if wish.closed_at is not None:
        return State.CLOSED
    if wish.kind == MemberWish.Kind.ERASE:
        erasure = Erasure.objects.filter(customer=wish.customer_id, finished_at=None)
        return State.ERASING if erasure.exists() else State.ASKED
    return State.ASKED

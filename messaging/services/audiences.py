"""Who of an audience gets a message, decided and written in one statement."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.contrib.auth.models import User
from django.db.models import QuerySet

from customers.models import Customer
from messaging.models import Dispatch, MessageTemplate


@dataclass(frozen=True)
class RecipientPolicy:
    """How often one customer may get the messages of a series."""

    kind: Literal["every_run", "once", "again_after"] = "every_run"
    days: int | None = None


def fan_out(
    *,
    template: MessageTemplate,
    audience: QuerySet[Customer],
    source_key: str,
    series: str,
    name: str,
    policy: RecipientPolicy,
    holdout_percent: int = 0,
    lane: int = Dispatch.Lane.BULK,
    due_at: datetime | None = None,
    by: User | None = None,
) -> Dispatch:
    """Write one delivery for each active customer of the audience.

    The same `source_key` again returns the same dispatch and adds nothing. Raises
    DomainError when the template cannot be sent.
    """
    raise NotImplementedError


def forecast(
    *,
    template: MessageTemplate,
    audience: QuerySet[Customer],
    series: str,
    policy: RecipientPolicy,
    holdout_percent: int = 0,
) -> Counter[tuple[str, str]]:
    """Count what `fan_out` would write now, by state and reason."""
    raise NotImplementedError

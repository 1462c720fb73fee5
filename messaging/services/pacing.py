"""What holds a claimed message back for its receiver's sake: quiet hours and caps.

Only marketing is held back. A message that waits is `pending` with a later `due_at`;
one that waited too long, or that a cap does not let wait, is skipped.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from customers.models import Customer
from marketing_os.lib.zones import zone_of_customer
from messaging.models import Delivery, FrequencyCap, SendingHours
from messaging.services import caps
from messaging.services.content import is_marketing
from messaging.services.quiet_hours import end_of_quiet
from messaging.services.statements import fetch

_Reason = Delivery.Reason


@dataclass(frozen=True)
class Pace:
    """The rules that hold messages back, as they are now."""

    hours: SendingHours
    caps: Sequence[FrequencyCap]

    @property
    def is_free(self) -> bool:
        """Say whether nothing needs to be asked of any message."""
        return not self.hours.is_quiet and not self.caps


@dataclass(frozen=True)
class HeldBack:
    """A message that may not go now: it waits `until` then, or is skipped."""

    delivery: Delivery
    reason: str
    until: datetime | None


def pace_now() -> Pace:
    """Read the rules; nothing is cached, so that a change holds for the next claim."""
    hours = SendingHours.objects.filter(pk=1).first() or SendingHours()
    return Pace(hours, list(FrequencyCap.objects.filter(is_active=True)))


def hold_back(pace: Pace, deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Write down which of these claimed deliveries may not go; return the others.

    To be called in the transaction that claims them: by its end each of those returned
    has its room under the caps, which nobody else can have taken too.
    """
    now = timezone.now()
    asked = [one for one in deliveries if _is_asked(one)]
    held = _too_late(pace, asked, now)
    held |= _in_quiet_hours(pace, [one for one in asked if one.pk not in held], now)
    held |= _over_a_cap(pace, [one for one in asked if one.pk not in held], now)
    _write(pace, list(held.values()), now)
    return [one for one in deliveries if one.pk not in held]


def _is_asked(delivery: Delivery) -> bool:
    version = delivery.dispatch.template.current_version
    return version is not None and is_marketing(version)


def _too_late(
    pace: Pace, deliveries: Sequence[Delivery], now: datetime
) -> dict[int, HeldBack]:
    return {
        one.pk: HeldBack(one, _Reason.TOO_LATE, None)
        for one in deliveries
        if one.held_since and now > one.held_since + pace.hours.most_held
    }


def _in_quiet_hours(
    pace: Pace, deliveries: Sequence[Delivery], now: datetime
) -> dict[int, HeldBack]:
    if not pace.hours.is_quiet or not deliveries:
        return {}
    customers = {one.customer_id for one in deliveries}
    zones = dict(
        Customer.objects.filter(pk__in=customers).values_list("pk", "timezone")
    )
    ends = {
        name: end_of_quiet(pace.hours, zone_of_customer(name), now)
        for name in set(zones.values())
    }
    return {
        one.pk: HeldBack(one, _Reason.QUIET_HOURS, end)
        for one in deliveries
        if (end := ends[zones[one.customer_id]])
    }


def _over_a_cap(
    pace: Pace, deliveries: Sequence[Delivery], now: datetime
) -> dict[int, HeldBack]:
    return {
        one.pk: HeldBack(one, _Reason.FREQUENCY_CAP, now + wait if wait else None)
        for one, wait in caps.refused(pace.caps, deliveries)
    }


def _write(pace: Pace, held: Sequence[HeldBack], now: datetime) -> None:
    if held:
        fetch(_HOLD_BACK, {"given": json.dumps([_row(pace, one, now) for one in held])})


def _row(pace: Pace, one: HeldBack, now: datetime) -> dict[str, object]:
    since, reason, until = one.delivery.held_since or now, one.reason, one.until
    if until and until > since + pace.hours.most_held:
        reason, until = _Reason.TOO_LATE, None
    return {
        "id": one.delivery.pk,
        "state": Delivery.State.PENDING if until else Delivery.State.SKIPPED,
        "reason": reason,
        "due": until.isoformat() if until else None,
        "since": since.isoformat(),
    }


_HOLD_BACK = """
UPDATE deliveries SET
    state = given.state,
    reason = given.reason,
    due_at = coalesce(given.due, due_at),
    held_since = given.since,
    lease_token = NULL,
    lease_until = NULL,
    updated_at = now()
FROM jsonb_to_recordset(%(given)s::jsonb) AS given (
    id bigint, state text, reason text, due timestamptz, since timestamptz)
WHERE deliveries.id = given.id
RETURNING deliveries.id
"""

"""Changing the rules that hold messages back."""

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from messaging.models import Delivery, FrequencyCap, SendingHours

_AT_ONCE = 5000


def save_cap(cap: FrequencyCap) -> FrequencyCap:
    """Save a cap; it holds from the next claim on."""
    cap.save()
    return cap


def delete_cap(cap: FrequencyCap) -> None:
    """Let the cap hold nothing back any more."""
    cap.delete()


def save_hours(hours: SendingHours) -> SendingHours:
    """Save when marketing rests; it holds from the next claim on."""
    hours.save()
    return hours


def ask_again() -> int:
    """Make all that is held back due now, to be judged by the rules as they are.

    Returns how many messages that are. What is held back anew meanwhile is left alone,
    and how long each of them waits already is not forgotten.
    """
    began, asked = timezone.now(), 0
    while changed := _ask_some_again(began):
        asked += changed
    return asked


@transaction.atomic
def _ask_some_again(before: object) -> int:
    held = Delivery.objects.filter(
        state=Delivery.State.PENDING,
        reason__in=Delivery.HELD_BACK,
        due_at__gt=Now(),
        updated_at__lt=before,
    )
    some = held.select_for_update(skip_locked=True).values("pk")[:_AT_ONCE]
    return Delivery.objects.filter(pk__in=some).update(due_at=Now(), updated_at=Now())

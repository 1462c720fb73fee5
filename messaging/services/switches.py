"""The one switch that holds all sending."""

from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection
from django.db.models.functions import Now

from messaging.models import SendingSwitch


def hold_sending(*, by: User | None = None) -> None:
    """Let nothing new be sent from the moment this returns until `release_sending`."""
    _turn(is_held=True, by=by)


def release_sending(*, by: User | None = None) -> None:
    """Go on sending."""
    _turn(is_held=False, by=by)


def sending_is_held() -> bool:
    """Say whether the switch, or HOLD=1, keeps everything from being sent."""
    return settings.HOLD or SendingSwitch.objects.filter(pk=1, is_held=True).exists()


def lock_switch() -> bool:
    """Say the same, and keep the answer true until the transaction ends.

    The lock is shared: workers do not wait for each other, only who turns the
    switch waits for them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_held FROM sending_switch WHERE id = 1 FOR SHARE")
        row = cursor.fetchone()
    return settings.HOLD or bool(row and row[0])


def _turn(*, is_held: bool, by: User | None) -> None:
    SendingSwitch.objects.update_or_create(
        pk=1, defaults={"is_held": is_held, "changed_by": by, "changed_at": Now()}
    )

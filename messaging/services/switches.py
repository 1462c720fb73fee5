"""The one switch that holds all sending."""

from typing import cast

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
    row = _locked_switch()
    if row is None:
        # Without a row there is nothing to lock, and a hold would go unnoticed.
        SendingSwitch.objects.bulk_create([SendingSwitch()], ignore_conflicts=True)
        row = _locked_switch()
    return settings.HOLD or bool(row and row[0])


def _locked_switch() -> tuple[bool] | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_held FROM sending_switch WHERE id = 1 FOR SHARE")
        return cast("tuple[bool] | None", cursor.fetchone())


def _turn(*, is_held: bool, by: User | None) -> None:
    SendingSwitch.objects.update_or_create(
        pk=1, defaults={"is_held": is_held, "changed_by": by, "changed_at": Now()}
    )

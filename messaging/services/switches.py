"""The one switch that holds all sending."""

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models.functions import Now

from messaging.models import SendingSwitch


def hold_sending(*, by: User | None = None) -> None:
    """Let nothing new be sent from the moment this returns until `release_sending`."""
    _turn(is_held=True, by=by)


def release_sending(*, by: User | None = None) -> None:
    """Go on sending."""
    _turn(is_held=False, by=by)


def sending_is_held() -> bool:
    """Say whether the switch, or HOLD=1, keeps everything from being sent.

    The row is there from now on: a worker that begins to send locks it, so that who
    turns the switch waits until the mails in hand are written down as begun.
    """
    if settings.HOLD:
        return True
    row = SendingSwitch.objects.filter(pk=1).first()
    if row is None:
        SendingSwitch.objects.bulk_create([SendingSwitch()], ignore_conflicts=True)
    return row is not None and row.is_held


def _turn(*, is_held: bool, by: User | None) -> None:
    SendingSwitch.objects.update_or_create(
        pk=1, defaults={"is_held": is_held, "changed_by": by, "changed_at": Now()}
    )

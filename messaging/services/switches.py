"""The one switch that holds all sending."""

from django.contrib.auth.models import User


def hold_sending(*, by: User | None = None) -> None:
    """Let nothing new be sent until `release_sending`."""
    raise NotImplementedError


def release_sending(*, by: User | None = None) -> None:
    """Go on sending."""
    raise NotImplementedError

"""Figures about messages."""

from messaging.models import Dispatch


def dispatch_counts(dispatch: Dispatch) -> list[tuple[str, str, int]]:
    """Return (state, reason, count) of a dispatch's deliveries."""
    raise NotImplementedError

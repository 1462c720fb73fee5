"""The work of one worker call: claim, send, record."""

from datetime import datetime


def send_due(*, limit: int, until: datetime) -> int:
    """Send what is due, at most `limit` messages and not much longer than `until`.

    Returns how many deliveries were worked on; 0 means that nothing was due.
    """
    raise NotImplementedError

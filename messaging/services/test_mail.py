"""A mail to oneself, outside the ledger."""

from typing import Protocol


class RenderedMail(Protocol):
    """What the renderer makes of a template version."""

    subject: str
    html: str
    text: str


def send_test_mail(*, rendered: RenderedMail, to: str) -> None:
    """Send one filled-in template to `to` at once.

    Raises DomainError with what the mail server said when it is not accepted.
    """
    raise NotImplementedError

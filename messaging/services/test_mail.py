"""A mail to oneself, outside the ledger."""

import uuid
from typing import Protocol

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from marketing_os.lib.errors import DomainError
from messaging.channels import mail_channel
from messaging.channels.base import ImpossibleMailError, Mail, Verdict
from messaging.services.switches import sending_is_held


class RenderedMail(Protocol):
    """What the renderer makes of a template version."""

    @property
    def subject(self) -> str: ...
    @property
    def html(self) -> str: ...
    @property
    def text(self) -> str: ...


def send_test_mail(*, rendered: RenderedMail, to: str) -> None:
    """Send one filled-in template to `to` at once.

    Raises DomainError with what the mail server said when it is not accepted.
    """
    if sending_is_held():
        raise DomainError(_("All sending is held just now."))
    channel = mail_channel()
    try:
        parcel = channel.pack(0, _mail(rendered, to))
    except ImpossibleMailError as error:
        raise DomainError(str(error)) from error
    for _parcel, outcome in channel.send([parcel], lambda: False):
        if outcome.verdict != Verdict.ACCEPTED:
            raise DomainError(
                _("The test mail could not be sent: %(words)s")
                % {"words": outcome.detail}
            )


def _mail(rendered: RenderedMail, to: str) -> Mail:
    key = f"test-{uuid.uuid4()}"
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2]
    return Mail(
        key=key,
        message_id=f"<{key}@{domain}>",
        date=timezone.now(),
        sender_address=settings.DEFAULT_FROM_EMAIL,
        sender_name=settings.DEFAULT_FROM_NAME,
        reply_to="",
        address=to,
        subject=rendered.subject,
        page=(rendered.html,),
        text=rendered.text,
    )

"""Other mail providers, by anymail's backend for each.

None of them is asked with a key that would make a second request harmless, so a mail
whose answer was lost stays unknown, as it does over SMTP.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import requests
from anymail.exceptions import AnymailError, AnymailRecipientsRefused
from django.core.mail import EmailMultiAlternatives
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from messaging.channels.base import (
    Channel,
    LostAnswer,
    Mail,
    Outcome,
    Parcel,
    Verdict,
    do_nothing,
)
from messaging.channels.http import never_connected, seconds_to_wait, words_of
from messaging.channels.mime import checked_address, checked_text, list_headers

_TAKEN = frozenset(("sent", "queued", "unknown"))


class EspChannel(Channel):
    """Sends one mail per request through a provider that anymail knows."""

    chunk_size = 20
    lost_answer = LostAnswer.STAYS_UNKNOWN

    def __init__(self, name: str) -> None:
        self.name = name
        self._backend: Any = None

    def pack(self, delivery_id: int, mail: Mail) -> Parcel:
        address = checked_address(mail.address)
        sender = checked_address(mail.sender_address)
        name = checked_text("From", mail.sender_name).replace('"', "'")
        fields = {
            "from_email": f'"{name}" <{sender}>' if name else sender,
            "to": [address],
            "subject": checked_text("Subject", mail.subject),
            "body": mail.text,
            "html": mail.html,
            "reply_to": [checked_address(mail.reply_to)] if mail.reply_to else [],
            "headers": {"Message-ID": mail.message_id, **dict(list_headers(mail))},
        }
        data = json.dumps(fields).encode()
        return Parcel(delivery_id, mail.key, sender, address, (data,))

    def send(
        self,
        parcels: Sequence[Parcel],
        lease_is_over: Callable[[], bool],
        meanwhile: Callable[[], bool] = do_nothing,
    ) -> Iterator[tuple[Parcel, Outcome]]:
        stop = None
        for parcel in parcels:
            if stop is None and lease_is_over():
                stop = Outcome(Verdict.NOT_SENT, _("The worker was too slow."))
            outcome = stop or self._send(parcel)
            if outcome.is_down or outcome.retry_after is not None:
                stop = Outcome(Verdict.NOT_SENT, outcome.detail)
            yield parcel, outcome

    def _send(self, parcel: Parcel) -> Outcome:
        try:
            backend = self._open_backend()
        except Exception as error:
            # A setting that anymail misses, or one that it cannot use.
            return Outcome(Verdict.NOT_SENT, words_of(error), is_down=True)
        message = _message(parcel)
        try:
            backend.send_messages([message])
        except Exception as error:
            return _failure(error)
        answer = message.anymail_status  # type: ignore[attr-defined]
        states = set(answer.status or ())
        if states & _TAKEN:
            return Outcome(Verdict.ACCEPTED, provider_id=str(answer.message_id or ""))
        words = ", ".join(sorted(map(str, states)))
        return Outcome(Verdict.REJECTED if states else Verdict.UNKNOWN, words)

    def _open_backend(self) -> Any:
        if self._backend is None:
            backend = import_string(f"anymail.backends.{self.name}.EmailBackend")()
            backend.open()
            self._backend = backend
        return self._backend


def _message(parcel: Parcel) -> EmailMultiAlternatives:
    fields = json.loads(parcel.data)
    html = fields.pop("html")
    message = EmailMultiAlternatives(**fields)
    if html:
        message.attach_alternative(html, "text/html")
    return message


def _failure(error: Exception) -> Outcome:
    """Say what is known of a mail after an error; nothing, unless the error tells."""
    words = words_of(error)
    if isinstance(error, AnymailRecipientsRefused):
        return Outcome(Verdict.REJECTED, words)
    if isinstance(error, requests.RequestException) and never_connected(error):
        return Outcome(Verdict.NOT_SENT, words, is_down=True)
    status = getattr(error, "status_code", None)
    match status:
        case 400 | 406 | 413 | 422:
            return Outcome(Verdict.REJECTED, words)
        case 401 | 402 | 403 | 404 | 405:
            return Outcome(Verdict.NOT_SENT, words, is_down=True)
        case 429:
            wait = seconds_to_wait(getattr(error, "response", None))
            return Outcome(Verdict.NOT_SENT, words, retry_after=wait)
        case None if isinstance(error, AnymailError) and not isinstance(
            error, requests.RequestException
        ):
            # Anymail could not write the request, so there was none.
            return Outcome(Verdict.REJECTED, words)
    return Outcome(Verdict.UNKNOWN, words)

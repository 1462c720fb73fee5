"""Resend's HTTP API.

The idempotency key goes into an HTTP header, and a request whose answer was lost is
made again with the same key and the very same bytes: Resend then answers as it did,
and sends nothing twice. It remembers a key for 24 hours.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urljoin

import requests
from django.conf import settings
from django.utils.translation import gettext as _
from urllib3.exceptions import NewConnectionError

from messaging.channels.base import (
    Channel,
    LostAnswer,
    Mail,
    Outcome,
    Parcel,
    Verdict,
)
from messaging.channels.mime import checked_address, checked_text, list_headers

_CONNECT_SECONDS, _ANSWER_SECONDS = 5, 25
_DEFAULT_WAIT = 1.0


class ResendChannel(Channel):
    """Sends one mail per request; lost answers are asked for again."""

    name = "resend"
    chunk_size = 20
    lost_answer = LostAnswer.ASK_AGAIN

    def __init__(self) -> None:
        self._session = requests.Session()

    def pack(self, delivery_id: int, mail: Mail) -> Parcel:
        address = checked_address(mail.address)
        sender = checked_address(mail.sender_address)
        name = checked_text("From", mail.sender_name)
        body: dict[str, Any] = {
            "from": f'"{_quoted(name)}" <{sender}>' if name else sender,
            "to": [address],
            "subject": checked_text("Subject", mail.subject),
            "html": mail.html,
            "text": mail.text,
            "headers": {"Message-ID": mail.message_id, **dict(list_headers(mail))},
        }
        if mail.reply_to:
            body["reply_to"] = [checked_address(mail.reply_to)]
        data = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        return Parcel(delivery_id, mail.key, sender, address, data)

    def send(
        self, parcels: Sequence[Parcel], lease_is_over: Callable[[], bool]
    ) -> Iterator[tuple[Parcel, Outcome]]:
        stop = None
        for parcel in parcels:
            if stop is None and lease_is_over():
                stop = Outcome(Verdict.NOT_SENT, _("The worker was too slow."))
            outcome = stop or self._post(parcel)
            if outcome.is_down or outcome.retry_after is not None:
                stop = Outcome(Verdict.NOT_SENT, outcome.detail)
            yield parcel, outcome

    def _post(self, parcel: Parcel) -> Outcome:
        try:
            response = self._session.post(
                urljoin(settings.RESEND_API_URL, "emails"),
                data=parcel.data,
                headers={
                    "Authorization": f"Bearer {settings.RESEND_API_KEY}",
                    "Content-Type": "application/json",
                    "Idempotency-Key": parcel.key,
                },
                timeout=(_CONNECT_SECONDS, _ANSWER_SECONDS),
                allow_redirects=False,
            )
        except requests.RequestException as error:
            if _never_connected(error):
                return Outcome(Verdict.NOT_SENT, _words(error), is_down=True)
            return Outcome(Verdict.ASK_AGAIN, _words(error))
        return _answer(response)


def _answer(response: requests.Response) -> Outcome:
    body = _body(response)
    words = f"{response.status_code} {body.get('name', '')}: {body.get('message', '')}"
    match response.status_code:
        case code if 200 <= code < 300:
            return Outcome(Verdict.ACCEPTED, provider_id=str(body.get("id", "")))
        case 409 if body.get("name") == "invalid_idempotent_request":
            # Another body under this key was taken before: something is out there.
            return Outcome(Verdict.UNKNOWN, words)
        case 429:
            return Outcome(Verdict.NOT_SENT, words, retry_after=_wait(response))
        case 400 | 413 | 422:
            return Outcome(Verdict.REJECTED, words)
        case 403:
            # The sender's domain is not verified; other templates may have another.
            return Outcome(Verdict.NOT_SENT, words)
        case 401 | 404 | 405:
            return Outcome(Verdict.NOT_SENT, words, is_down=True)
        case _:
            return Outcome(Verdict.ASK_AGAIN, words)


def _body(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {"message": response.text[:200]}
    return body if isinstance(body, dict) else {}


def _wait(response: requests.Response) -> float:
    try:
        seconds = float(response.headers.get("retry-after", _DEFAULT_WAIT))
    except ValueError:
        return _DEFAULT_WAIT
    return min(max(seconds, 0.1), 3600.0)


def _never_connected(error: requests.RequestException) -> bool:
    """Say whether the request cannot have reached anybody."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(cause, NewConnectionError)


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__

"""Resend's HTTP API, with up to 100 different mails in a request.

The idempotency key goes into an HTTP header, and a request whose answer was lost is
made again with the same key and the very same bytes: Resend then answers as it did,
and sends nothing twice. It remembers a key for 24 hours. A mail that is not valid is
named in the answer and spoils no other.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any
from urllib.parse import urljoin

import orjson
import requests
from django.conf import settings
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
from messaging.templating.programs import LONG

_CONNECT_SECONDS, _ANSWER_SECONDS = 5, 25
_REFUSES_CONTENT = (400, 413, 422)
# What was paid for is used up, which no pause of seconds mends.
_QUOTAS = ("daily_quota_exceeded", "monthly_quota_exceeded")


class ResendChannel(Channel):
    """Sends a hundred mails per request; lost answers are asked for again."""

    name = "resend"
    chunk_size = 100
    claim_size = 1000
    lost_answer = LostAnswer.ASK_AGAIN

    def __init__(self) -> None:
        self._session = requests.Session()
        self._line = ThreadPoolExecutor(1)

    @property
    def requests_per_second(self) -> float | None:
        return settings.RESEND_REQUESTS_PER_SECOND or None

    def pack(self, delivery_id: int, mail: Mail) -> Parcel:
        address = checked_address(mail.address)
        sender = checked_address(mail.sender_address)
        name = checked_text("From", mail.sender_name)
        first = {
            "from": f'"{_quoted(name)}" <{sender}>' if name else sender,
            "to": [address],
            "subject": checked_text("Subject", mail.subject),
        }
        last: dict[str, Any] = {
            "text": mail.text,
            "headers": {"Message-ID": mail.message_id, **dict(list_headers(mail))},
        }
        if mail.reply_to:
            last["reply_to"] = [checked_address(mail.reply_to)]
        pieces = (
            _as_json(first)[:-1] + b',"html":"',
            *_written(mail.page),
            b'",' + _as_json(last)[1:],
        )
        return Parcel(delivery_id, mail.key, sender, address, pieces)

    def send(
        self,
        parcels: Sequence[Parcel],
        lease_is_over: Callable[[], bool],
        meanwhile: Callable[[], bool] = do_nothing,
    ) -> Iterator[tuple[Parcel, Outcome]]:
        requests_left = [(parcels[0].key, parcels)]
        stop = None
        while requests_left:
            key, part = requests_left.pop(0)
            if stop is None and lease_is_over():
                stop = Outcome(Verdict.NOT_SENT, _("The worker was too slow."))
            if stop is not None:
                yield from ((parcel, stop) for parcel in part)
                continue
            status, outcomes = self._post(key, part, meanwhile)
            if smaller := _divided(status, part):
                requests_left[:0] = [
                    (f"{one[0].key}/{len(one)}", one) for one in smaller
                ]
                continue
            if outcomes[0].is_down or outcomes[0].retry_after is not None:
                stop = Outcome(Verdict.NOT_SENT, outcomes[0].detail)
            yield from zip(part, outcomes, strict=True)

    def _post(
        self, key: str, parcels: Sequence[Parcel], meanwhile: Callable[[], bool]
    ) -> tuple[int | None, list[Outcome]]:
        """Return the status, None without an answer, and what became of each mail."""
        try:
            answer = self._line.submit(self._request, key, parcels)
            while not answer.done() and meanwhile():
                pass
            response = answer.result()
        except requests.RequestException as error:
            lost = Outcome(Verdict.ASK_AGAIN, words_of(error))
            if never_connected(error):
                lost = Outcome(Verdict.NOT_SENT, words_of(error), is_down=True)
            return None, [lost] * len(parcels)
        if response.ok:
            return response.status_code, _each(_body(response), len(parcels))
        return response.status_code, [_refusal(response)] * len(parcels)

    def _request(self, key: str, parcels: Sequence[Parcel]) -> requests.Response:
        return self._session.post(
            urljoin(settings.RESEND_API_URL, "emails/batch"),
            data=_whole(parcels),
            headers={
                "Authorization": f"Bearer {settings.RESEND_API_KEY}",
                "Content-Type": "application/json",
                "Idempotency-Key": key,
                "x-batch-validation": "permissive",
            },
            timeout=(_CONNECT_SECONDS, _ANSWER_SECONDS),
            allow_redirects=False,
        )


def _whole(parcels: Sequence[Parcel]) -> bytes:
    pieces = [b"["]
    for parcel in parcels:
        pieces += parcel.pieces
        pieces.append(b",")
    pieces[-1] = b"]"
    return b"".join(pieces)


def _written(page: Sequence[str]) -> Iterator[bytes]:
    """Give the inside of a JSON string; a long piece is the same object each time."""
    return (_kept(piece) if len(piece) >= LONG else _inside(piece) for piece in page)


@lru_cache(maxsize=256)
def _kept(piece: str) -> bytes:
    return _inside(piece)


def _inside(text: str) -> bytes:
    return _as_json(text)[1:-1]


def _as_json(value: Any) -> bytes:
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        # Half a character, which a template may hold.
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def _divided(status: int | None, parcels: Sequence[Parcel]) -> list[Sequence[Parcel]]:
    """Return smaller requests where one was refused for the sake of some of its mails.

    Nothing of it was sent. An unverified domain concerns one sender's mails only.
    """
    if status == 403:
        senders = sorted({parcel.sender_address for parcel in parcels})
        if len(senders) > 1:
            return [
                [parcel for parcel in parcels if parcel.sender_address == sender]
                for sender in senders
            ]
    if status in _REFUSES_CONTENT and len(parcels) > 1:
        middle = len(parcels) // 2
        return [parcels[:middle], parcels[middle:]]
    return []


def _each(body: dict[str, Any], count: int) -> list[Outcome]:
    """Read the answer to a request that was taken, mail by mail."""
    refused = {
        error["index"]: str(error.get("message", ""))
        for error in _list(body, "errors")
        if isinstance(error.get("index"), int)
    }
    ids = [str(mail.get("id", "")) for mail in _list(body, "data")]
    taken = [index for index in range(count) if index not in refused]
    # Names come for the mails that were taken only; if they do not fit, for none.
    names = dict(zip(taken, ids, strict=True)) if len(ids) == len(taken) else {}
    return [
        Outcome(Verdict.REJECTED, refused[index])
        if index in refused
        else Outcome(Verdict.ACCEPTED, provider_id=names.get(index, ""))
        for index in range(count)
    ]


def _refusal(response: requests.Response) -> Outcome:
    body = _body(response)
    name = body.get("name", "")
    words = f"{response.status_code} {name}: {body.get('message', '')}"
    match response.status_code:
        case 409 if name == "invalid_idempotent_request":
            # Another body under this key was taken before: something is out there.
            return Outcome(Verdict.UNKNOWN, words)
        case 429 if name in _QUOTAS:
            return Outcome(Verdict.NOT_SENT, words, is_down=True)
        case 429:
            return Outcome(
                Verdict.NOT_SENT, words, retry_after=seconds_to_wait(response)
            )
        case code if code in _REFUSES_CONTENT:
            return Outcome(Verdict.REJECTED, words)
        case 403:
            # The sender's domain is not verified; other templates may have another.
            return Outcome(Verdict.NOT_SENT, words)
        case 401 | 404 | 405:
            return Outcome(Verdict.NOT_SENT, words, is_down=True)
        case _:
            return Outcome(Verdict.ASK_AGAIN, words)


def _list(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = body.get(name)
    return (
        [one for one in found if isinstance(one, dict)]
        if isinstance(found, list)
        else []
    )


def _body(response: requests.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {"message": response.text[:200]}
    return body if isinstance(body, dict) else {}


def _quoted(name: str) -> str:
    return name.replace("\\", "\\\\").replace('"', '\\"')

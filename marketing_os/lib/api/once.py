"""Idempotency keys: a request that comes again is answered as the first time.

The answer is written in the transaction of what the request wrote, so that there is
never one without the other. Only answers that stored something are kept: a request
that was refused may be sent again under its key.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.exceptions import ParseError

from marketing_os.lib.api.errors import Conflict
from marketing_os.lib.models import ApiKey, IdempotentResponse

HEADER = "Idempotency-Key"
MAX_KEY = 255
_FORGOTTEN_AT_ONCE = 20_000
_CLAIM = """
INSERT INTO idempotent_responses (api_key_id, key, fingerprint, status_code, body)
VALUES (%s, %s, %s, 0, '') ON CONFLICT DO NOTHING
"""
_KEEP = """
UPDATE idempotent_responses SET status_code = %s, body = %s
WHERE api_key_id = %s AND key = %s
"""


@dataclass(frozen=True)
class Answer:
    """A status and the text of a JSON body."""

    status: int
    body: str


@dataclass(frozen=True)
class Repeatable:
    """What makes a request itself: whose it is, its key, and a hash of its content."""

    api_key: ApiKey
    name: str
    fingerprint: bytes

    @property
    def is_kept(self) -> bool:
        """A test key stores nothing, so it keeps no answer either."""
        return bool(self.name) and not self.api_key.is_test


def repeatable(
    api_key: ApiKey, header: str | None, path: str, body: bytes
) -> Repeatable:
    """Read the header of a request, or raise ParseError with a sentence."""
    name = header or ""
    if header is not None and not (
        1 <= len(name) <= MAX_KEY and name.isascii() and name.isprintable()
    ):
        raise ParseError(f"An {HEADER} has 1 to {MAX_KEY} printable ASCII characters.")
    digest = hashlib.sha256(path.encode() + b"\0" + body).digest() if name else b""
    return Repeatable(api_key, name, digest)


def answer_once(request: Repeatable, work: Callable[[], Answer]) -> Answer:
    """Do the work and keep its answer, or give the answer that it had before.

    A repeat that comes while the first is at work waits for it. Raises Conflict when
    the key came with another request. What `work` raises undoes all.
    """
    if not request.is_kept:
        return work()
    with transaction.atomic():
        claim = (request.api_key.pk, request.name, request.fingerprint)
        with connection.cursor() as cursor:
            cursor.execute(_CLAIM, claim)
            is_first = cursor.rowcount == 1
        if not is_first:
            kept = IdempotentResponse.objects.get(
                api_key_id=request.api_key.pk, key=request.name
            )
            return replay(request, bytes(kept.fingerprint), kept.status_code, kept.body)
        answer = work()
        with connection.cursor() as cursor:
            cursor.execute(_KEEP, (answer.status, answer.body, *claim[:2]))
        return answer


def replay(request: Repeatable, fingerprint: bytes, status: int, body: str) -> Answer:
    """Give a kept answer to the request that it belongs to, else raise Conflict."""
    if fingerprint != request.fingerprint:
        raise Conflict(f"This {HEADER} came with another request before.")
    return Answer(status, body)


def forget_old_answers() -> int:
    """Delete the answers that need not be kept any longer; return how many."""
    oldest = timezone.now() - timedelta(hours=settings.IDEMPOTENCY_HOURS)
    total = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM idempotent_responses WHERE ctid = ANY (ARRAY(SELECT ctid"
                " FROM idempotent_responses WHERE created_at < %s LIMIT %s))",
                (oldest, _FORGOTTEN_AT_ONCE),
            )
            forgotten = int(cursor.rowcount)
        total += forgotten
        if forgotten < _FORGOTTEN_AT_ONCE:
            return total

"""Signed tokens that serve one purpose only."""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from functools import lru_cache

from django.conf import settings

_TAG_BYTES = 16


@lru_cache(maxsize=64)
def _keyed(purpose: str, secret: str) -> hmac.HMAC:
    key = hashlib.sha256(f"marketing_os.{purpose}:{secret}".encode()).digest()
    return hmac.new(key, digestmod="sha256")


def _tag(purpose: str, payload: bytes, secret: str) -> bytes:
    # A copy spares each of the many tokens of a mail the work of taking the key.
    signature = _keyed(purpose, secret).copy()
    signature.update(payload)
    return signature.digest()[:_TAG_BYTES]


def make_token(purpose: str, *numbers: int) -> str:
    """Pack whole numbers (each 0 to 2**63 - 1) with a signature bound to `purpose`."""
    payload = _varints(numbers)
    return _spell(_tag(purpose, payload, settings.SECRET_KEY) + payload)


def _spell(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def read_token(purpose: str, token: str, count: int) -> tuple[int, ...] | None:
    """Return the numbers of a token made for `purpose`, or None if it is not one."""
    if not token.isascii() or len(token) > 200:
        return None
    try:
        raw = base64.b64decode(
            token + "=" * (-len(token) % 4), altchars=b"-_", validate=True
        )
    except ValueError:
        return None
    # The last character has spare bits; only one spelling of a token is its own.
    if _spell(raw) != token:
        return None
    tag, payload = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not any(
        hmac.compare_digest(tag, _tag(purpose, payload, secret)) for secret in secrets
    ):
        return None
    numbers = _read_varints(payload)
    return numbers if len(numbers) == count else None


def _varints(numbers: Iterable[int]) -> bytes:
    out = bytearray()
    for number in numbers:
        while number > 0x7F:
            out.append(number & 0x7F | 0x80)
            number >>= 7
        out.append(number)
    return bytes(out)


def _read_varints(payload: bytes) -> tuple[int, ...]:
    numbers: list[int] = []
    current = shift = 0
    for byte in payload:
        current |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            numbers.append(current)
            current = shift = 0
    return tuple(numbers)

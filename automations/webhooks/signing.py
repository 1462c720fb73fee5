"""Signatures as “Standard Webhooks” has them (https://www.standardwebhooks.com)."""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime

from django.conf import settings

from automations.models import WebhookCall, WebhookEndpoint

_PREFIX = "whsec_"


def secret_of(endpoint: WebhookEndpoint) -> str:
    """Return the secret as the receiver enters it: whsec_ and base64."""
    key = _key(endpoint.salt, settings.SECRET_KEY)
    return _PREFIX + base64.b64encode(key).decode()


def signed_headers(call: WebhookCall, now: datetime) -> dict[str, str]:
    """Return the headers of one attempt; `now` is signed too, against replays."""
    stamp = str(int(now.timestamp()))
    content = f"{call.header_id}.{stamp}.{call.body}".encode()
    signatures = (
        base64.b64encode(hmac.digest(key, content, "sha256")).decode()
        for key in _keys(call.endpoint, now)
    )
    return {
        "webhook-id": call.header_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{one}" for one in signatures),
    }


def _keys(endpoint: WebhookEndpoint, now: datetime) -> Iterator[bytes]:
    salts = [endpoint.salt]
    if endpoint.previous_until is not None and now < endpoint.previous_until:
        salts.append(endpoint.previous_salt)
    for salt in salts:
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
            yield _key(salt, secret)


def _key(salt: str, secret: str) -> bytes:
    purpose = hashlib.sha256(b"marketing_os.webhook:" + secret.encode()).digest()
    return hmac.digest(purpose, salt.encode(), "sha256")

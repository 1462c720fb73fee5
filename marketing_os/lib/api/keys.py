"""Keys of integrations: made, found, revoked."""

import hashlib
import hmac
import secrets
import string
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketing_os.lib.errors import DomainError
from marketing_os.lib.models import ApiKey

SCOPES = {
    "customers:read": gettext_lazy("Read customers and their attributes"),
    "customers:sensitive": gettext_lazy("Also read sensitive attributes"),
    "customers:write": gettext_lazy("Create and update customers and attributes"),
    "events:read": gettext_lazy("Read funnel events and activities"),
    "events:write": gettext_lazy("Publish funnel events and activities"),
    "members:read": gettext_lazy("Read tags, consents, offers and credits"),
    "members:write": gettext_lazy("Publish tags, consents, offers and credits"),
    "sessions:read": gettext_lazy("Read groups, sessions and bookings"),
    "sessions:write": gettext_lazy("Publish groups, sessions and bookings"),
    "segments:read": gettext_lazy("Read segments and who is in them"),
    "deliveries:read": gettext_lazy("Read what was sent to whom"),
    "messages:send": gettext_lazy("Send transactional messages"),
    "member-sessions:open": gettext_lazy("Open sessions in a member's name"),
    "automations:read": gettext_lazy("Read automations and whom they would reach"),
    "workflows:trigger": gettext_lazy("Start workflows for customers"),
}
_ALPHABET = string.ascii_letters + string.digits
_USE_IS_RECORDED_EVERY = timedelta(minutes=1)
_REMEMBERED_SECONDS = 5.0
# By the hash of the secret: the key and until when it need not be looked up again.
_remembered: dict[bytes, tuple[ApiKey, float]] = {}


def create_key(
    name: str,
    scopes: Sequence[str],
    *,
    is_test: bool = False,
    expires_at: datetime | None = None,
    requests_per_minute: int | None = None,
    items_per_minute: int | None = None,
) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret, which is never to be had again."""
    if not name.strip():
        raise DomainError(_("Give the key a name that says who uses it."))
    if not scopes:
        raise DomainError(_("A key needs at least one scope."))
    for scope in scopes:
        if scope not in SCOPES:
            raise DomainError(
                _("“%(scope)s” is not a scope. The scopes are: %(scopes)s.")
                % {"scope": scope, "scopes": ", ".join(SCOPES)}
            )
    prefix = _random(8)
    mode = "test" if is_test else "live"
    secret = f"mos_{mode}_{prefix}_{_random(32)}"
    key = ApiKey.objects.create(
        name=name.strip()[:100],
        prefix=prefix,
        key_hash=_hash(secret, settings.SECRET_KEY),
        scopes=sorted(set(scopes)),
        is_test=is_test,
        expires_at=expires_at,
        requests_per_minute=requests_per_minute,
        items_per_minute=items_per_minute,
    )
    return key, secret


def remembered_key(secret: str) -> ApiKey | None:
    """Return what `find_key` found within the last seconds.

    It may have been revoked since. Whoever uses it says `KEY_IS_GOOD` in the statement
    that writes, so that nothing is written with a revoked key, and calls `forget_key`
    when it is not.
    """
    place = hashlib.sha256(secret.encode()).digest()
    kept = _remembered.get(place)
    if kept is not None and kept[1] > time.monotonic():
        return kept[0]
    key = find_key(secret)
    if key is None:
        _remembered.pop(place, None)
    else:
        _remembered[place] = (key, time.monotonic() + _REMEMBERED_SECONDS)
    return key


def forget_key(secret: str) -> None:
    """Look a key up anew the next time."""
    _remembered.pop(hashlib.sha256(secret.encode()).digest(), None)


# Over api_keys; `{key}` is the parameter with the key's id.
KEY_IS_GOOD = (
    "EXISTS (SELECT FROM api_keys WHERE id = {key} AND revoked_at IS NULL"
    " AND (expires_at IS NULL OR expires_at > now()))"
)


def find_key(secret: str) -> ApiKey | None:
    """Return the usable key that a secret belongs to, and note that it was used."""
    parts = secret.split("_")
    if len(parts) != 4 or not secret.isascii() or not parts[2].isalnum():
        return None
    key = ApiKey.objects.filter(prefix=parts[2], revoked_at=None).first()
    if key is None or not _matches(key, secret):
        return None
    now = timezone.now()
    if key.expires_at is not None and key.expires_at <= now:
        return None
    if key.last_used_at is None or now - key.last_used_at > _USE_IS_RECORDED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def revoke_key(key: ApiKey) -> None:
    """Make a key useless from this moment on."""
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())


def _matches(key: ApiKey, secret: str) -> bool:
    peppers = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(
        hmac.compare_digest(key.key_hash, _hash(secret, pepper)) for pepper in peppers
    )


def _hash(secret: str, pepper: str) -> str:
    return hmac.new(
        b"api-key:" + pepper.encode(), secret.encode(), hashlib.sha256
    ).hexdigest()


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _unused in range(length))

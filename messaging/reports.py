"""What mail providers report about mails: checked and read by anymail, in one form.

For another provider of anymail name its view in `PROVIDERS`, with the setting without
which anybody could forge its reports.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from django.conf import settings
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.module_loading import import_string

from messaging.services import history
from messaging.services.content import delivery_named_in
from messaging.services.events import Report

SHARED_SECRET = "WEBHOOK_SECRET"  # noqa: S105 - the name of a setting


@dataclass(frozen=True)
class Provider:
    """A provider's view in anymail, and the setting that its reports are checked by."""

    view: str
    secret: str = SHARED_SECRET


PROVIDERS = {
    "brevo": Provider("brevo.BrevoTrackingWebhookView"),
    "mailersend": Provider(
        "mailersend.MailerSendTrackingWebhookView", "MAILERSEND_SIGNING_SECRET"
    ),
    "mailgun": Provider(
        "mailgun.MailgunTrackingWebhookView", "MAILGUN_WEBHOOK_SIGNING_KEY"
    ),
    "mailjet": Provider("mailjet.MailjetTrackingWebhookView"),
    "mailtrap": Provider(
        "mailtrap.MailtrapTrackingWebhookView", "MAILTRAP_TRACKING_SECRET"
    ),
    "mandrill": Provider(
        "mandrill.MandrillCombinedWebhookView", "MANDRILL_WEBHOOK_KEY"
    ),
    "postmark": Provider("postmark.PostmarkTrackingWebhookView"),
    "resend": Provider("resend.ResendTrackingWebhookView", "RESEND_SIGNING_SECRET"),
    "sparkpost": Provider("sparkpost.SparkPostTrackingWebhookView"),
}

_KINDS = {
    EventType.SENT: history.SENT,
    EventType.DELIVERED: history.DELIVERED,
    EventType.DEFERRED: history.DELAYED,
    EventType.REJECTED: history.FAILED,
    EventType.FAILED: history.FAILED,
    EventType.BOUNCED: history.BOUNCED,
    EventType.COMPLAINED: history.COMPLAINED,
    EventType.OPENED: history.OPENED,
    EventType.CLICKED: history.CLICKED,
    EventType.UNSUBSCRIBED: history.UNSUBSCRIBED,
}
# How providers name bounces for good and for now, in letters only.
_HARD = frozenset(
    ("permanent", "hard", "hardbounce", "invalidemail", "bademailaddress")
)
_SOFT = frozenset(
    ("transient", "temporary", "undetermined", "soft", "softbounce", "blocked")
)
_BOUNCE_KEYS = frozenset(("type", "bouncetype", "severity", "event"))
_LATER_CODE = re.compile(r"\b4\.\d{1,3}\.\d{1,3}\b|^\s*4\d\d\b")
_EARLIEST = timedelta(days=60)
_LATEST = timedelta(minutes=10)


class UnguardedError(Exception):
    """A provider's reports cannot be told from forgeries; the text names a setting."""


class UnreadableError(Exception):
    """A report that is forged, too old, or not in the provider's form."""


def missing_secret(name: str) -> str:
    """Return the setting that guards a provider's reports if it is not set, else ""."""
    provider = PROVIDERS.get(name)
    if provider is None or settings.ANYMAIL.get(provider.secret):
        return ""
    return provider.secret


def read_reports(name: str, request: HttpRequest) -> list[Report]:
    """Return what a provider posted, once its signature is right.

    Raises UnguardedError without the secret, and UnreadableError for all that is not
    the provider's own word.
    """
    missing = missing_secret(name)
    if missing:
        raise UnguardedError(missing)
    provider = PROVIDERS[name]
    view_class = import_string(f"anymail.webhooks.{provider.view}")
    # A signature says more than a password that the provider would have to send too.
    own = {} if provider.secret == SHARED_SECRET else {"webhook_secret": ""}
    try:
        view = view_class(**own)
    except Exception as error:
        raise UnguardedError(provider.secret) from error
    try:
        view.run_validators(request)
        return [
            _report(name, event)
            for event in view.parse_events(request)
            if event.event_type in _KINDS
        ]
    except Exception as error:
        # Libraries meet what strangers post with many kinds of errors.
        raise UnreadableError(type(error).__name__) from error


def _report(name: str, event: AnymailTrackingEvent) -> Report:
    raw = _plain(event.esp_event)
    words = event.mta_response or event.description or ""
    return Report(
        kind=_KINDS[event.event_type],
        event_id=_identity(name, event, raw),
        message_id=_text(event.message_id, 255),
        delivery_id=delivery_named_in(raw),
        occurred_at=_moment(event.timestamp),
        is_hard=event.event_type == EventType.BOUNCED and _is_hard(event),
        detail=_text(words, 500),
        agent=_text(event.user_agent, 300),
        url=_text(event.click_url, 2000),
    )


def _identity(name: str, event: AnymailTrackingEvent, raw: str) -> str:
    """Name the event: by the provider's ID, else by all that it says."""
    # One request may report several events; some providers number only requests.
    told = _text(event.event_id, 10_000)
    known = f"{told} {event.event_type}" if told else raw
    return f"{name}:{hashlib.sha256(known.encode('utf-8', 'replace')).hexdigest()}"


def _plain(raw: Any) -> str:
    if isinstance(raw, QueryDict):
        return json.dumps(dict(raw.lists()), sort_keys=True)
    return json.dumps(raw, sort_keys=True, default=str)


def _moment(told: Any) -> datetime:
    """Return when it happened, or now if the provider's clock cannot be right."""
    now = timezone.now()
    if not isinstance(told, datetime):
        return now
    if timezone.is_naive(told):
        told = told.replace(tzinfo=UTC)
    return told if now - _EARLIEST < told < now + _LATEST else now


def _is_hard(event: AnymailTrackingEvent) -> bool:
    """Say whether the address will never work, rather than not today."""
    words = set(_bounce_words(event.esp_event))
    if words & _HARD:
        return True
    if words & _SOFT or _LATER_CODE.search(_text(event.mta_response, 500)):
        return False
    return event.reject_reason in (None, RejectReason.BOUNCED, RejectReason.INVALID)


def _bounce_words(raw: Any, depth: int = 3) -> Iterator[str]:
    if not isinstance(raw, dict) or not depth:
        return
    for key, value in raw.items():
        if isinstance(value, str) and _letters(str(key)) in _BOUNCE_KEYS:
            yield _letters(value)
        else:
            yield from _bounce_words(value, depth - 1)


def _letters(text: str) -> str:
    return re.sub("[^a-z]", "", text.lower())


def _text(value: Any, length: int) -> str:
    if not isinstance(value, (str, int)):
        return ""
    return str(value).replace("\0", "")[:length].encode("utf-8", "replace").decode()

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from messaging.channels import CHANNELS, PROVIDERS, chosen_channel
from messaging.channels.base import ImpossibleMailError
from messaging.channels.mime import checked_address, checked_text
from messaging.reports import missing_secret
from messaging.services.tracking import MODES

_NEEDS = {"smtp": "EMAIL_HOST", "resend": "RESEND_API_KEY"}


@register()
def check_mail_channel(
    app_configs: Sequence[AppConfig] | None, **options: Any
) -> list[CheckMessage]:
    """Refuse a channel that does not exist or lacks its setting, and a wrong choice."""
    name = settings.MAIL_CHANNEL
    known_names = (*CHANNELS, *PROVIDERS)
    if name and name not in known_names:
        known = ", ".join(sorted(known_names))
        return [Error(f"MAIL_CHANNEL must be one of {known}.", id="messaging.E001")]
    if settings.TRACKING not in MODES:
        known = ", ".join(MODES)
        return [Error(f"TRACKING must be one of {known}.", id="messaging.E003")]
    try:
        checked_address(settings.DEFAULT_FROM_EMAIL)
        checked_text("From", settings.DEFAULT_FROM_NAME)
    except ImpossibleMailError as error:
        words = f"DEFAULT_FROM_EMAIL or DEFAULT_FROM_NAME: {error}"
        return [Error(words, id="messaging.E004")]
    needed = _NEEDS.get(name)
    if needed and not getattr(settings, needed):
        return [
            Error(f"MAIL_CHANNEL={name} needs {needed} as well.", id="messaging.E002")
        ]
    return []


@register(deploy=True)
def check_webhook(
    app_configs: Sequence[AppConfig] | None, **options: Any
) -> list[CheckMessage]:
    """Warn of a provider whose reports of bounces and complaints are refused."""
    provider = chosen_channel()
    missing = missing_secret(provider)
    if not missing:
        return []
    return [
        Warning(
            f"Mail goes through {provider}, whose webhook answers 503 without"
            f" {missing}: nobody hears of bounces and complaints.",
            id="messaging.W001",
        )
    ]

from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


@register()
def check_public_demo(
    app_configs: Sequence[AppConfig] | None, **options: Any
) -> list[CheckMessage]:
    """Warn of a site for real visitors that tells strangers about customers."""
    if settings.PUBLIC_DEMO and settings.HTTPS:
        told = "PUBLIC_DEMO tells everybody the status behind any address."
        return [Warning(told, hint="Set PUBLIC_DEMO=0.", id="portal.W001")]
    return []

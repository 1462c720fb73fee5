from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from messaging import explanations
from messaging.models import Delivery, Dispatch


def delivery_badge(delivery: Delivery) -> SafeString:
    """Show a delivery's state."""
    return _badge(explanations.tone(delivery.state), str(delivery.get_state_display()))


def dispatch_badge(dispatch: Dispatch) -> SafeString:
    """Show a dispatch's state."""
    if dispatch.grows and dispatch.state == Dispatch.State.SENDING:
        return _badge("info", _("Open"))
    return _badge(
        explanations.dispatch_tone(dispatch.state), str(dispatch.get_state_display())
    )


def _badge(tone: str, words: str) -> SafeString:
    classes = f"mos-badge mos-badge-{tone}" if tone else "mos-badge"
    return format_html('<span class="{}">{}</span>', classes, words)

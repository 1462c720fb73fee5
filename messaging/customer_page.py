"""What messaging adds to the pages of customers."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from marketing_os.lib.registry import Panel, registry
from messaging import explanations, selectors

ROWS = 10


def messages_panel(request: HttpRequest, customer: Any) -> dict[str, Any] | None:
    if not request.user.has_perm("messaging.view_delivery"):
        return None
    rows = [
        {
            "delivery": delivery,
            "tone": explanations.tone(delivery.state),
            "why": explanations.explain(delivery),
        }
        for delivery in selectors.deliveries_of(customer.pk, ROWS + 1)
    ]
    return {"rows": rows[:ROWS], "has_more": len(rows) > ROWS, "customer": customer}


registry.customer_panels.append(
    Panel("messages", _("Messages"), "messaging/delivery_panel.html", messages_panel)  # type: ignore[arg-type]
)
registry.timeline_sources.append(selectors.deliveries_on_timeline)

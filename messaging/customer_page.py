"""What messaging adds to the pages of customers."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from marketing_os.lib.registry import Panel, registry
from messaging import explanations, selectors
from messaging.models import Delivery
from messaging.results.reach import obstacle
from messaging.results.states import unsubscribed_by

ROWS = 10


def message_rows(deliveries: list[Delivery]) -> list[dict[str, Any]]:
    """Return deliveries with what became of them, as they stand in a table."""
    unsubscribed = unsubscribed_by([delivery.pk for delivery in deliveries])
    return [
        {
            "delivery": delivery,
            "tone": explanations.tone(delivery.state),
            "why": explanations.explain(delivery),
            "unsubscribed": delivery.pk in unsubscribed,
        }
        for delivery in deliveries
    ]


def reach_context(customer: Any) -> dict[str, Any]:
    """Say whether a marketing mail would reach a customer just now."""
    reason = obstacle(customer)
    return {"obstacle": explanations.REASONS.get(reason, ""), "customer": customer}


def messages_panel(request: HttpRequest, customer: Any) -> dict[str, Any] | None:
    if not request.user.has_perm("messaging.view_delivery"):
        return None
    found = selectors.deliveries_of(customer.pk, ROWS + 1)
    return {
        "rows": message_rows(found[:ROWS]),
        "has_more": len(found) > ROWS,
        **reach_context(customer),
    }


registry.customer_panels.append(
    Panel("messages", _("Messages"), "messaging/delivery_panel.html", messages_panel)  # type: ignore[arg-type]
)
registry.timeline_sources.append(selectors.deliveries_on_timeline)

"""What messaging adds to the pages of customers."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _

from marketing_os.lib.registry import Panel, registry
from marketing_os.lib.zones import zone_of_customer
from messaging import explanations, selectors
from messaging.models import Delivery, SendingHours
from messaging.results.reach import obstacle
from messaging.results.states import unsubscribed_by
from messaging.services.caps import used_by
from messaging.services.quiet_hours import end_of_quiet

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
    return {
        "obstacle": explanations.REASONS.get(reason, ""),
        "held_back_by": list(_rules_now(customer)),
        "customer": customer,
    }


def _rules_now(customer: Any) -> Iterator[str]:
    """Say which rules would hold marketing for a customer back just now."""
    hours = SendingHours.objects.filter(pk=1).first() or SendingHours()
    zone = zone_of_customer(customer.timezone)
    if end := end_of_quiet(hours, zone, timezone.now()):
        yield translated("Quiet hours until %(time)s (%(zone)s).") % {
            "time": f"{end.astimezone(zone):%H:%M}",
            "zone": zone.key,
        }
    for cap, used in used_by(customer.pk):
        if used >= cap.most:
            yield translated("Frequency cap reached: %(cap)s.") % {"cap": cap}


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

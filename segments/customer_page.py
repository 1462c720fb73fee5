"""What segments add to the pages of customers."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from marketing_os.lib.registry import Panel, registry
from segments import selectors
from segments.classification import classify
from segments.scores.selectors import score_of


def segments_panel(request: HttpRequest, customer: Customer) -> dict[str, Any] | None:
    if not request.user.has_perm("segments.view_segment"):
        return None
    return {
        "segments": selectors.segments_of(customer),
        "customer_id": customer.pk,
    }


def standing_panel(request: HttpRequest, customer: Customer) -> dict[str, Any] | None:
    if not request.user.has_perm("segments.view_customerscore"):
        return None
    return {"classified": classify(customer), "score": score_of(customer)}


registry.customer_panels.append(
    Panel("standing", _("Standing"), "segments/standing_panel.html", standing_panel, 40)  # type: ignore[arg-type]
)
registry.customer_panels.append(
    Panel("segments", _("Segments"), "segments/customer_panel.html", segments_panel, 50)  # type: ignore[arg-type]
)

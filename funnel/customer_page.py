"""What the funnel adds to the list and the pages of customers."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter

from funnel import selectors
from funnel.attendance import attendance_of
from funnel.conversions import known_conversions
from funnel.models import Booking, FunnelEvent
from marketing_os.lib.registry import CustomerColumn, Panel, registry

_ROWS = 10


class StageFilter(ChoiceFilter):
    """Keep the customers who stand in a stage of a funnel."""

    def __init__(self) -> None:
        kinds = FunnelEvent.FunnelType
        choices = [
            (kinds(kind).label, [(f"{kind}:{stage}", stage) for stage in stages])
            for kind, stages in selectors.known_stages().items()
            if stages
        ]
        super().__init__(
            label=_("Current stage"), empty_label=_("Any"), choices=choices
        )

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        kind, _colon, stage = value.partition(":")
        return selectors.in_stage(qs, kind, stage) if stage else qs


def conversions_panel(request: HttpRequest, customer: Any) -> dict[str, Any] | None:
    """Tell which conversions a customer made, once there is one."""
    if not request.user.has_perm("funnel.view_funnelevent"):
        return None
    made = {one.to_stage: one for one in selectors.conversions_of(customer.pk)}
    names = [one.name for one in known_conversions()]
    names += [name for name in made if name not in names]
    return {"steps": [(name, made.get(name)) for name in names]} if made else None


def bookings_panel(request: HttpRequest, customer: Any) -> dict[str, Any] | None:
    """Tell what a customer booked and came to, where there are sessions at all."""
    if not request.user.has_perm("funnel.view_booking"):
        return None
    if not Booking.objects.exists():
        return None
    found = Booking.objects.filter(customer=customer).select_related("session__group")
    newest = list(found.order_by("-session__starts_at", "-id")[: _ROWS + 1])
    return {
        "attendance": attendance_of(customer),
        "bookings": newest[:_ROWS],
        "has_more": len(newest) > _ROWS,
    }


registry.customer_panels += [
    Panel(
        "conversions",
        _("Conversions"),  # type: ignore[arg-type]
        "admin/funnel/conversions_panel.html",
        conversions_panel,
        60,
    ),
    Panel(
        "bookings",
        _("Sessions"),  # type: ignore[arg-type]
        "admin/funnel/bookings_panel.html",
        bookings_panel,
        65,
    ),
]
registry.customer_columns.append(
    CustomerColumn("stage", _("Current stage"), selectors.current_stages)  # type: ignore[arg-type]
)
registry.customer_filters["stage"] = StageFilter
registry.timeline_sources += [
    selectors.moves_on_timeline,
    selectors.activities_on_timeline,
]

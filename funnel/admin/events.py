from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter

from customers.admin.rows import WHO, CustomerRowsAdmin
from funnel import selectors
from funnel.models import Activity, FunnelEvent
from imports.admin import ImportMixin
from marketing_os.lib.filters import (
    FromDayFilter,
    SearchFilterSet,
    SuggestFilter,
    ToDayFilter,
)

OTHER_ROWS = 50


class FunnelEventFilterSet(SearchFilterSet):
    funnel_type = ChoiceFilter(
        label=_("Funnel"),
        empty_label=_("Any"),
        choices=FunnelEvent.FunnelType.choices,
    )
    from_stage = SuggestFilter(
        "from_stage", label=_("From stage"), suggestions=selectors.stage_names
    )
    to_stage = SuggestFilter(
        "to_stage", label=_("To stage"), suggestions=selectors.stage_names
    )
    from_day = FromDayFilter("created_date", label=_("Happened from"))
    to_day = ToDayFilter("created_date", label=_("Happened to"))


class ActivityFilterSet(SearchFilterSet):
    name = SuggestFilter("name", label=_("Name"), suggestions=selectors.activity_names)
    from_day = FromDayFilter("occurred_at", label=_("Occurred from"))
    to_day = ToDayFilter("occurred_at", label=_("Occurred to"))


@admin.register(FunnelEvent)
class FunnelEventAdmin(ImportMixin, CustomerRowsAdmin):
    import_target = "funnel_events"
    list_display = (
        "created_date",
        "customer_name",
        "funnel_type",
        "from_stage",
        "to_stage",
    )
    sortable_by = ("created_date",)
    filterset_class = FunnelEventFilterSet
    exported = (
        *WHO,
        "funnel_type",
        "from_stage",
        "to_stage",
        "created_date",
        "external_id",
    )
    page_template = "admin/funnel/event.html"
    empty_title = _("There are no funnel events yet.")
    empty_hint = _(
        "Import a CSV file of moves between stages, or let another system publish them."
    )

    def page_context(self, request: HttpRequest, obj: FunnelEvent) -> dict[str, Any]:
        moves = selectors.moves_of(obj.customer_id, OTHER_ROWS)
        return {"event": obj, "moves": moves}


@admin.register(Activity)
class ActivityAdmin(ImportMixin, CustomerRowsAdmin):
    import_target = "activities"
    list_display = ("occurred_at", "customer_name", "name", "amount")
    sortable_by = ("occurred_at",)
    filterset_class = ActivityFilterSet
    exported = (*WHO, "name", "occurred_at", "amount", "external_id", "properties")
    page_template = "admin/funnel/activity.html"
    empty_title = _("There are no activities yet.")
    empty_hint = _(
        "Import a CSV file of purchases, bookings or logins, or let another system"
        " publish them."
    )

    def page_context(self, request: HttpRequest, obj: Activity) -> dict[str, Any]:
        others = Activity.objects.filter(customer_id=obj.customer_id)
        return {
            "activity": obj,
            # As pairs: a property may be called “items” itself.
            "properties": list(obj.properties.items()),
            "others": others[:OTHER_ROWS],
        }

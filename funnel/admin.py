from operator import attrgetter
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter

from customers.models import Customer
from funnel import selectors
from funnel.models import Activity, FunnelEvent
from imports.admin import ImportMixin
from marketing_os.lib.admin import ReadOnlyAdmin, display
from marketing_os.lib.admin_export import Column, ExportMixin
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

    class Meta:
        model = FunnelEvent
        fields: list[str] = []


class ActivityFilterSet(SearchFilterSet):
    name = SuggestFilter("name", label=_("Name"), suggestions=selectors.activity_names)
    from_day = FromDayFilter("occurred_at", label=_("Occurred from"))
    to_day = ToDayFilter("occurred_at", label=_("Occurred to"))

    class Meta:
        model = Activity
        fields: list[str] = []


class CustomerEventAdmin(ImportMixin, ExportMixin, ReadOnlyAdmin):
    """A list of things that happened to customers, found by the customer's words."""

    exported: tuple[str, ...] = ()

    list_select_related = ("customer",)
    search_fields = ("customer__email",)  # get_search_results asks the search vector
    search_placeholder = _("Name, e-mail, mobile or lead ID of the customer")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        customers = Customer.objects.search(search_term).values("pk")
        return queryset.filter(customer_id__in=customers), False

    def export_columns(self, request: HttpRequest) -> list[Column]:
        who = [
            ("lms_lead_id", attrgetter("customer.lms_lead_id")),
            ("customer_id", attrgetter("customer_id")),
            ("email", attrgetter("customer.email")),
        ]
        return [*who, *((name, attrgetter(name)) for name in self.exported)]

    @display(description=_("Customer"))
    def customer_name(self, event: Any) -> str:
        return str(event.customer)


@admin.register(FunnelEvent)
class FunnelEventAdmin(CustomerEventAdmin):
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
    exported = ("funnel_type", "from_stage", "to_stage", "created_date", "external_id")
    page_template = "admin/funnel/event.html"
    empty_title = _("There are no funnel events yet.")
    empty_hint = _(
        "Import a CSV file of moves between stages, or let another system publish them."
    )

    def page_context(self, request: HttpRequest, obj: FunnelEvent) -> dict[str, Any]:
        moves = selectors.moves_of(obj.customer_id, OTHER_ROWS)
        return {"event": obj, "moves": moves}


@admin.register(Activity)
class ActivityAdmin(CustomerEventAdmin):
    import_target = "activities"
    list_display = ("occurred_at", "customer_name", "name", "amount")
    sortable_by = ("occurred_at",)
    filterset_class = ActivityFilterSet
    exported = ("name", "occurred_at", "amount", "external_id", "properties")
    page_template = "admin/funnel/activity.html"
    empty_title = _("There are no activities yet.")
    empty_hint = _(
        "Import a CSV file of purchases, bookings or logins, or let another system"
        " publish them."
    )

    def page_context(self, request: HttpRequest, obj: Activity) -> dict[str, Any]:
        others = Activity.objects.filter(customer_id=obj.customer_id)
        return {"activity": obj, "others": others[:OTHER_ROWS]}

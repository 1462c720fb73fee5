from collections.abc import Callable
from operator import attrgetter
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from customers import selectors
from customers.admin.filters import AttributeWidget, CustomerFilterSet
from customers.admin.personal_data import PersonalDataMixin, erasure_of
from customers.models import Customer, Device, MemberTag
from imports.admin import ImportMixin
from marketing_os.lib.admin import ReadOnlyAdmin, display
from marketing_os.lib.exporting import Column
from marketing_os.lib.registry import CustomerColumn, registry

TIMELINE_STEP = 30
TIMELINE_MOST = 600
PANEL_ROWS = 20
EXPORTED = (
    "lms_lead_id",
    "first_name",
    "last_name",
    "email",
    "mobile",
    "timezone",
    "created_date",
    "updated_date",
)


@admin.register(Customer)
class CustomerAdmin(PersonalDataMixin, ImportMixin, ReadOnlyAdmin):
    import_targets = ("customers", "attributes", "offers", "credits")
    list_display = ("name", "address", "mobile", "lms_lead_id", "created_date")
    list_display_links = ("name",)
    search_fields = ("email",)  # get_search_results asks the search vector instead
    search_placeholder = _("Name, e-mail, mobile or lead ID")
    filterset_class = CustomerFilterSet
    sortable_by = ("name", "address", "created_date")
    page_template = "admin/customers/customer.html"
    empty_title = _("There are no customers yet.")
    empty_hint = _("Import a CSV file of leads, or let another system publish them.")

    @property
    def media(self) -> Any:
        return super().media + AttributeWidget([]).media

    # Each of these orders is that of an index.
    @display(description=_("E-mail"), ordering=Lower("email"))
    def address(self, customer: Customer) -> str:
        return customer.email

    @display(description=_("Name"), ordering="last_name")
    def name(self, customer: Customer) -> str:
        return str(customer)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        columns = super().get_list_display(request)
        facts = [_fact_column(column) for column in registry.customer_columns]
        return [*columns[:-1], *facts, columns[-1]]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Customer], search_term: str
    ) -> tuple[QuerySet[Customer], bool]:
        return selectors.search_customers(queryset, search_term), False

    def load_rows(self, request: HttpRequest, rows: list[Customer]) -> None:
        facts = selectors.registered_facts([customer.pk for customer in rows])
        for customer in rows:
            customer.facts = facts[customer.pk]  # type: ignore[attr-defined]

    def export_columns(self, request: HttpRequest) -> list[Column]:
        sensitive = request.user.has_perm("customers.view_sensitive")
        fixed = [(name, attrgetter(name)) for name in EXPORTED]
        facts = [
            (column.name, _fact_reader(column)) for column in registry.customer_columns
        ]
        attributes = [
            (definition.name, _attribute_reader(definition.name))
            for definition in selectors.visible_definitions(sensitive=sensitive)
        ]
        taken = {name for name, _read in (*fixed, *facts)}
        return [*fixed, *facts, *(pair for pair in attributes if pair[0] not in taken)]

    def page_context(self, request: HttpRequest, obj: Customer) -> dict[str, Any]:
        sensitive = request.user.has_perm("customers.view_sensitive")
        limit = _timeline_limit(request)
        timeline, has_more = selectors.timeline(obj, limit)
        return {
            "customer": obj,
            "facts": _facts(obj),
            "attributes": selectors.attribute_rows(obj, sensitive=sensitive),
            "tags": MemberTag.objects.filter(customer=obj),
            "consents": selectors.consent_by_channel(obj),
            "devices": Device.objects.filter(customer=obj)[:PANEL_ROWS],
            "panels": _panels(request, obj),
            "may_erase": self.has_erase_permission(request) and not obj.erased_at,
            "erasure": erasure_of(obj),
            "may_hand_over": self.has_hand_over_permission(request),
            "timeline": timeline,
            "timeline_next": limit + TIMELINE_STEP if has_more else None,
            "timeline_full": limit >= TIMELINE_MOST,
        }


def _fact_column(column: CustomerColumn) -> Any:
    show = display(description=column.title, empty_value="–")(_fact_reader(column))
    show.__name__ = column.name
    return show


def _fact_reader(column: CustomerColumn) -> Callable[[Any], Any]:
    return lambda customer: customer.facts.get(column.name)


def _attribute_reader(name: str) -> Callable[[Any], Any]:
    return lambda customer: customer.attributes.get(name)


def _facts(customer: Customer) -> list[tuple[str, Any]]:
    values = selectors.registered_facts([customer.pk])[customer.pk]
    return [
        (column.title, values[column.name])
        for column in registry.customer_columns
        if column.name in values
    ]


def _panels(request: HttpRequest, customer: Customer) -> list[dict[str, Any]]:
    panels = []
    for panel in sorted(registry.customer_panels, key=lambda panel: panel.order):
        context = panel.context(request, customer)
        if context is not None:
            body = render_to_string(panel.template, context, request)
            panels.append({"name": panel.name, "title": panel.title, "body": body})
    return panels


def _timeline_limit(request: HttpRequest) -> int:
    try:
        asked = int(request.GET.get("timeline", TIMELINE_STEP))
    except ValueError:
        asked = TIMELINE_STEP
    return max(TIMELINE_STEP, min(asked, TIMELINE_MOST))

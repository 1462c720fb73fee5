"""Lists of rows that belong to customers: events, consents, tags."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter

from customers import selectors
from marketing_os.lib.admin import ReadOnlyAdmin, display

# The columns by which an exported row finds its customer again when it is imported.
WHO = ("customer.lms_lead_id", "customer_id", "customer.email")


class KnownFilter(ChoiceFilter):
    """Tells rows of a customer from those of nobody known."""

    def __init__(self, label: Any, customer: Any, nobody: Any) -> None:
        choices = (("customer", customer), ("nobody", nobody))
        super().__init__(label=label, empty_label=_("Any"), choices=choices)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        return qs.filter(customer__isnull=value == "nobody") if value else qs


class CustomerRowsAdmin(ReadOnlyAdmin):
    """A list of rows of one model, found by the words of their customers."""

    list_select_related: tuple[str, ...] = ("customer",)
    search_fields = ("customer__email",)  # get_search_results asks the search vector
    search_placeholder = _("Name, e-mail, mobile or lead ID of the customer")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return selectors.search_rows(queryset, search_term), False

    @display(description=_("Customer"))
    def customer_name(self, row: Any) -> str:
        return str(row.customer)

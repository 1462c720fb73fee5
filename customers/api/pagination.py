from typing import Any

from django.db.models import Q, QuerySet
from rest_framework.request import Request

from customers.models import AttributeDefinition, Customer, CustomerAttribute
from marketing_os.lib.api.pagination import NewestFirst

ID_SHIFT = 20  # the ID of an attribute: its customer's, then its definition's


class AttributePages(NewestFirst):
    """Pages of attributes, found through their customers' primary key.

    The attributes are a view over all customers; a page reads only the customers that
    it shows.
    """

    def paginate_queryset(
        self, queryset: Any, request: Request, view: Any = None
    ) -> list[Any] | None:
        names = list(view.visible_definitions().values_list("name", flat=True))
        cursor = self.decode_cursor(request)
        size = self.get_page_size(request) or NewestFirst.page_size
        is_back = bool(cursor and cursor.reverse)
        found = view.filter_customers(
            Customer.objects.filter(erased_at=None, attributes__has_any_keys=names)
        )
        if cursor and (place := _customer_at(cursor.position)) is not None:
            found = found.filter(Q(pk__gte=place) if is_back else Q(pk__lte=place))
        order = "pk" if is_back else "-pk"
        ids = list(found.order_by(order).values_list("pk", flat=True)[: size + 2])
        rows: list[Any] | None = super().paginate_queryset(
            queryset.filter(customer_id__in=ids), request, view
        )
        return rows


def _customer_at(position: str | None) -> int | None:
    if position is None or not position.isdecimal() or len(position) > 18:
        return None
    return int(position) >> ID_SHIFT


def attribute_by_id(
    attributes: QuerySet[CustomerAttribute], pk: int
) -> QuerySet[CustomerAttribute]:
    """Find one attribute of the view without reading the others."""
    definition = AttributeDefinition.objects.filter(pk=pk & ((1 << ID_SHIFT) - 1))
    return attributes.filter(
        pk=pk,
        customer_id=pk >> ID_SHIFT,
        field_name__in=list(definition.values_list("name", flat=True)),
    )

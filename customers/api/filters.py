from django.db.models import QuerySet
from django_filters import rest_framework as filters

from customers.models import Customer, CustomerAttribute


class CustomerFilter(filters.FilterSet):
    email = filters.CharFilter(field_name="email", lookup_expr="iexact")
    lms_lead_id = filters.CharFilter()
    search = filters.CharFilter(
        method="find", label="Words that names, e-mail, mobile or lead ID begin with."
    )
    created_after = filters.IsoDateTimeFilter(
        field_name="created_date", lookup_expr="gte"
    )
    created_before = filters.IsoDateTimeFilter(
        field_name="created_date", lookup_expr="lt"
    )
    updated_after = filters.IsoDateTimeFilter(
        field_name="updated_date", lookup_expr="gte"
    )

    class Meta:
        model = Customer
        fields: tuple[str, ...] = ()

    def find(
        self, queryset: QuerySet[Customer], name: str, value: str
    ) -> QuerySet[Customer]:
        return Customer.objects.search(value) & queryset


class AttributeFilter(filters.FilterSet):
    customer_id = filters.NumberFilter()
    lms_lead_id = filters.CharFilter(field_name="customer__lms_lead_id")
    field_name = filters.CharFilter()
    field_type = filters.CharFilter()

    class Meta:
        model = CustomerAttribute
        fields: tuple[str, ...] = ()

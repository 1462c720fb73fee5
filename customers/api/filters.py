from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Lower
from django_filters import rest_framework as filters

from customers.models import (
    Consent,
    CreditEntry,
    Customer,
    CustomerAttribute,
    MemberOffer,
    MemberTag,
)
from marketing_os.lib.api.filters import IdFilter, MomentFilter, TextFilter


class CustomerFilter(filters.FilterSet):
    email = TextFilter(method="by_address", label="The whole address, in any case.")
    lms_lead_id = TextFilter()
    search = TextFilter(
        method="find", label="Words that names, e-mail, mobile or lead ID begin with."
    )
    created_after = MomentFilter(field_name="created_date", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_date", lookup_expr="lt")
    updated_after = MomentFilter(field_name="updated_date", lookup_expr="gte")

    class Meta:
        model = Customer
        fields: tuple[str, ...] = ()

    def find(self, queryset: QuerySet[Customer], name: str, value: str) -> Any:
        return Customer.objects.search(value) & queryset

    def by_address(self, queryset: QuerySet[Customer], name: str, value: str) -> Any:
        return queryset.alias(address=Lower("email")).filter(address=value.lower())


class AttributeFilter(filters.FilterSet):
    customer_id = IdFilter()
    lms_lead_id = TextFilter(field_name="customer__lms_lead_id")
    field_name = TextFilter()
    field_type = filters.ChoiceFilter(
        choices=CustomerAttribute._meta.get_field("field_type").choices
    )

    class Meta:
        model = CustomerAttribute
        fields: tuple[str, ...] = ()


class _OfCustomerFilter(filters.FilterSet):
    customer_id = IdFilter()
    lms_lead_id = TextFilter(field_name="customer__lms_lead_id")


class TagFilter(_OfCustomerFilter):
    tag = TextFilter()

    class Meta:
        model = MemberTag
        fields: tuple[str, ...] = ()


class ConsentFilter(_OfCustomerFilter):
    channel = TextFilter()
    topic = TextFilter()
    granted = filters.BooleanFilter()

    class Meta:
        model = Consent
        fields: tuple[str, ...] = ()


class OfferFilter(_OfCustomerFilter):
    offer_code = TextFilter()
    is_used = filters.BooleanFilter()

    class Meta:
        model = MemberOffer
        fields: tuple[str, ...] = ()


class CreditFilter(_OfCustomerFilter):
    class Meta:
        model = CreditEntry
        fields: tuple[str, ...] = ()

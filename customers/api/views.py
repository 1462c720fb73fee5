from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets

from customers.api.filters import AttributeFilter, CustomerFilter
from customers.api.serializers import (
    AttributeInput,
    AttributeSerializer,
    CustomerInput,
    CustomerSerializer,
)
from customers.models import AttributeDefinition, Customer, CustomerAttribute
from imports.api import PublishMixin
from imports.services import RowResult


def _hidden_attributes(request: Any) -> frozenset[str]:
    if request.auth is not None and "customers:sensitive" in request.auth.scopes:
        return frozenset()
    sensitive = AttributeDefinition.objects.filter(sensitive=True)
    return frozenset(sensitive.values_list("name", flat=True))


@extend_schema_view(
    create=extend_schema(
        summary="Create or update a customer",
        request=CustomerInput,
        responses={200: CustomerSerializer, 201: CustomerSerializer},
        examples=[
            OpenApiExample(
                "A lead with attributes",
                request_only=True,
                value={
                    "lms_lead_id": "LEAD-1001",
                    "first_name": "Noor",
                    "last_name": "Haddad",
                    "email": "noor.haddad@example.org",
                    "attributes": {"course": "MBA", "score": 71.5, "newsletter": True},
                },
            )
        ],
    ),
    list=extend_schema(summary="List customers"),
    retrieve=extend_schema(summary="Read a customer"),
)
class CustomerViewSet(
    PublishMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[Customer],
):
    """Customers with their attributes."""

    target = "customers"
    queryset = Customer.objects.filter(erased_at=None).defer("search")
    serializer_class = CustomerSerializer
    input_serializer_class = CustomerInput
    filterset_class = CustomerFilter
    read_scope = "customers:read"
    write_scope = "customers:write"
    lookup_value_converter = "int"

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if self.request is not None:
            context["hidden_attributes"] = _hidden_attributes(self.request)
        return context


@extend_schema_view(
    create=extend_schema(
        summary="Set one attribute of a customer",
        request=AttributeInput,
        responses={200: AttributeSerializer, 201: AttributeSerializer},
        examples=[
            OpenApiExample(
                "A date",
                request_only=True,
                value={
                    "lms_lead_id": "LEAD-1001",
                    "field_type": "date",
                    "field_name": "intake",
                    "field_value": "2027-02-01",
                },
            )
        ],
    ),
    list=extend_schema(summary="List attributes"),
    retrieve=extend_schema(summary="Read an attribute"),
)
class AttributeViewSet(
    PublishMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[CustomerAttribute],
):
    """Single attributes of customers."""

    target = "attributes"
    queryset = CustomerAttribute.objects.filter(customer__erased_at=None)
    serializer_class = AttributeSerializer
    input_serializer_class = AttributeInput
    filterset_class = AttributeFilter
    read_scope = "customers:read"
    write_scope = "customers:write"
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[CustomerAttribute]:
        hidden = _hidden_attributes(self.request)
        return super().get_queryset().exclude(field_name__in=hidden)

    def find_published(
        self, result: RowResult, row: dict[str, Any]
    ) -> CustomerAttribute:
        """The engine answers with the customer; its own answer may be sensitive."""
        return CustomerAttribute.objects.get(
            customer_id=result.id or 0, field_name=row["field_name"]
        )

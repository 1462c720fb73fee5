from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api.filters import AttributeFilter, CustomerFilter
from customers.api.pagination import AttributePages, attribute_by_id
from customers.api.serializers import (
    AttributeInput,
    AttributePatch,
    AttributeSerializer,
    CustomerInput,
    CustomerSerializer,
)
from customers.models import AttributeDefinition, Customer, CustomerAttribute
from imports.api import PublishViewSet, describe_publishing
from imports.services import RowResult, ingest_rows
from marketing_os.lib.api.filters import IdFilter
from marketing_os.lib.api.problems import problems
from marketing_os.lib.api.views import describe_reading
from marketing_os.lib.models import ApiKey

_CUSTOMER = {
    "id": 4711,
    "lms_lead_id": "LEAD-1001",
    "first_name": "Noor",
    "last_name": "Haddad",
    "email": "noor.haddad@example.org",
    "mobile": "+442071838750",
    "timezone": "Europe/London",
    "attributes": {"course": "MBA", "score": 71.5, "newsletter": True},
    "created_date": "2026-11-02T09:30:00Z",
    "updated_date": "2026-11-02T09:30:00Z",
}
_ATTRIBUTE = {
    "id": 4939841539,
    "customer_id": 4711,
    "field_type": "date",
    "field_name": "intake",
    "field_value": "2027-02-01",
    "created_date": "2026-11-02T09:30:00Z",
    "updated_date": "2026-11-02T09:30:00Z",
}


def _visible_definitions(key: Any) -> QuerySet[AttributeDefinition]:
    definitions = AttributeDefinition.objects.all()
    if isinstance(key, ApiKey) and "customers:sensitive" in key.scopes:
        return definitions
    return definitions.filter(sensitive=False)


def _hidden_attributes(key: Any) -> frozenset[str]:
    seen = _visible_definitions(key).values("pk")
    hidden = AttributeDefinition.objects.filter(sensitive=True).exclude(pk__in=seen)
    return frozenset(hidden.values_list("name", flat=True))


@describe_reading(
    many="List customers",
    one="Read a customer",
    example=_CUSTOMER,
)
@describe_publishing(
    CustomerInput,
    create="Create or update a customer",
    many="Create or update many customers",
    example={
        "lms_lead_id": "LEAD-1001",
        "first_name": "Noor",
        "last_name": "Haddad",
        "email": "noor.haddad@example.org",
        "attributes": {"course": "MBA", "score": 71.5, "newsletter": True},
    },
)
class CustomerViewSet(PublishViewSet):
    """Customers with their attributes."""

    target = "customers"
    queryset = Customer.objects.filter(erased_at=None).defer("search")
    serializer_class = CustomerSerializer
    filterset_class = CustomerFilter
    scope = "customers"

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if self.request is not None:
            context["hidden_attributes"] = _hidden_attributes(self.request.auth)
        return context

    @classmethod
    def published(
        cls, result: RowResult, row: Mapping[str, Any], key: ApiKey
    ) -> dict[str, Any]:
        found = Customer.objects.defer("search").get(pk=result.id or 0)
        context = {"hidden_attributes": _hidden_attributes(key)}
        return dict(CustomerSerializer(found, context=context).data)


@describe_reading(
    many="List attributes",
    one="Read an attribute",
    example=_ATTRIBUTE,
)
@describe_publishing(
    AttributeInput,
    create="Set one attribute of a customer",
    many="Set many attributes",
    example={
        "lms_lead_id": "LEAD-1001",
        "field_type": "date",
        "field_name": "intake",
        "field_value": "2027-02-01",
    },
)
class AttributeViewSet(PublishViewSet):
    """Single attributes of customers."""

    target = "attributes"
    queryset = CustomerAttribute.objects.filter(customer__erased_at=None)
    serializer_class = AttributeSerializer
    filterset_class = AttributeFilter
    pagination_class = AttributePages
    scope = "customers"

    def get_queryset(self) -> QuerySet[CustomerAttribute]:
        queryset: QuerySet[CustomerAttribute] = super().get_queryset().order_by()
        if self.request is None:
            return queryset
        hidden = _hidden_attributes(self.request.auth)
        return queryset.exclude(field_name__in=hidden) if hidden else queryset

    def visible_definitions(self) -> QuerySet[AttributeDefinition]:
        """What the key may see of what the request asks for."""
        found = _visible_definitions(self.request.auth)
        asked = self.request.query_params
        if name := asked.get("field_name"):
            found = found.filter(name=name)
        if field_type := asked.get("field_type"):
            found = found.filter(field_type=field_type)
        return found

    def filter_customers(self, customers: QuerySet[Customer]) -> QuerySet[Customer]:
        """Leave the customers that the request asks for; its values are valid here."""
        asked = self.request.query_params
        if pk := asked.get("customer_id"):
            customers = customers.filter(pk=IdFilter().field.clean(pk))
        if lead := asked.get("lms_lead_id"):
            customers = customers.filter(lms_lead_id=lead)
        return customers

    def get_object(self) -> CustomerAttribute:
        found = attribute_by_id(self.get_queryset(), int(self.kwargs["pk"])).first()
        if found is None:
            raise Http404
        return found

    @extend_schema(
        summary="Change an attribute",
        request=AttributePatch,
        responses={200: AttributeSerializer, **problems(400, 404)},
    )
    def partial_update(self, request: Request, pk: Any = None) -> Response:
        found = self.get_object()
        data = request.data
        if not isinstance(data, dict) or list(data) != ["field_value"]:
            raise ValidationError({"field_value": ["Send this, and nothing else."]})
        if data["field_value"] is None:
            raise ValidationError({"field_value": ["Use DELETE to remove it."]})
        if self._write(found, data["field_value"]):
            return Response({"valid": True, "stored": False})
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(
        summary="Remove an attribute", responses={204: None, **problems(404)}
    )
    def destroy(self, request: Request, pk: Any = None) -> Response:
        self._write(self.get_object(), None)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def _write(self, found: CustomerAttribute, value: Any) -> bool:
        """Write a value; tell whether it was only checked, as for a test key."""
        row = {
            "customer_id": found.customer_id,
            "field_name": found.field_name,
            "field_type": found.field_type,
            "field_value": value,
        }
        is_test = isinstance(self.request.auth, ApiKey) and self.request.auth.is_test
        [result] = ingest_rows(self.target, [row], source="api", check_only=is_test)
        if result.errors:
            sentences = [sentence for _field, sentence in result.errors]
            raise ValidationError({"field_value": sentences})
        return is_test

    @classmethod
    def published(
        cls, result: RowResult, row: Mapping[str, Any], key: ApiKey
    ) -> dict[str, Any]:
        """The engine answers with the customer; its own answer may be sensitive."""
        found = CustomerAttribute.objects.filter(
            customer_id=result.id or 0, field_name=str(row["field_name"]).strip()
        ).first()
        if found is None:
            return {"customer_id": result.id, "field_name": row["field_name"]}
        return dict(AttributeSerializer(found).data)

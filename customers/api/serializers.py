from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from customers.models import AttributeDefinition, Customer, CustomerAttribute
from customers.services.identity import UnknownCustomerError, find_customer

# The …Input serializers only describe what may be sent: the rules are those of the
# import targets, for every way in.


class IdentityInput(serializers.Serializer[Any]):
    """Names the customer that a row is about, in one of three ways."""

    lms_lead_id = serializers.CharField(max_length=255, required=False)
    customer_id = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, required=False
    )
    email = serializers.CharField(max_length=320, required=False)

    def find(self) -> Customer:
        """Return the customer whom valid data names, or raise ValidationError."""
        names = ("lms_lead_id", "customer_id", "email")
        named = {name: self.validated_data.get(name) for name in names}
        try:
            return Customer.objects.get(pk=find_customer(**named))
        except UnknownCustomerError as error:
            raise ValidationError({error.field: [str(error)]}) from error


class CustomerInput(IdentityInput):
    first_name = serializers.CharField(max_length=255, required=False, allow_blank=True)
    last_name = serializers.CharField(max_length=255, required=False, allow_blank=True)
    mobile = serializers.CharField(max_length=50, required=False, allow_blank=True)
    timezone = serializers.CharField(max_length=64, required=False, allow_blank=True)
    created_date = serializers.DateTimeField(required=False)
    attributes = serializers.DictField(
        child=serializers.JSONField(allow_null=True),
        required=False,
        help_text="Values by name; a new name gets the type of its JSON value. "
        "null removes an attribute.",
    )


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    attributes = serializers.SerializerMethodField()

    class Meta:
        model = Customer
        fields = (
            "id",
            "lms_lead_id",
            "first_name",
            "last_name",
            "email",
            "mobile",
            "timezone",
            "attributes",
            "created_date",
            "updated_date",
        )

    @extend_schema_field(serializers.DictField(child=serializers.JSONField()))
    def get_attributes(self, customer: Customer) -> dict[str, Any]:
        hidden = self.context.get("hidden_attributes", frozenset())
        return {
            name: value
            for name, value in customer.attributes.items()
            if name not in hidden
        }


class AttributeInput(IdentityInput):
    field_name = serializers.CharField(max_length=255)  # type: ignore[assignment]
    field_type = serializers.ChoiceField(AttributeDefinition.FieldType.choices)
    field_value = serializers.JSONField(allow_null=True)


class AttributeSerializer(serializers.ModelSerializer[CustomerAttribute]):
    class Meta:
        model = CustomerAttribute
        fields = (
            "id",
            "customer_id",
            "field_type",
            "field_name",
            "field_value",
            "created_date",
            "updated_date",
        )


class AttributePatch(serializers.Serializer[Any]):
    field_value = serializers.JSONField(allow_null=True)

from typing import Any

from rest_framework import serializers

from customers.api.serializers import IdentityInput
from funnel.models import Activity, FunnelEvent


class FunnelEventInput(IdentityInput):
    funnel_type = serializers.ChoiceField(FunnelEvent.FunnelType.choices)
    from_stage = serializers.CharField(max_length=100, required=False, allow_blank=True)
    to_stage = serializers.CharField(max_length=100)
    created_date = serializers.DateTimeField(required=False)
    external_id = serializers.CharField(max_length=255, required=False)


class FunnelEventSerializer(serializers.ModelSerializer[FunnelEvent]):
    class Meta:
        model = FunnelEvent
        fields = (
            "id",
            "customer_id",
            "funnel_type",
            "from_stage",
            "to_stage",
            "created_date",
            "external_id",
        )


class ActivityInput(IdentityInput):
    name = serializers.CharField(max_length=100)
    occurred_at = serializers.DateTimeField(required=False, help_text="Absent: now.")
    amount = serializers.DecimalField(14, 2, required=False, allow_null=True)
    properties: serializers.Field[Any, Any, Any, Any] = serializers.DictField(
        child=serializers.JSONField(allow_null=True), required=False
    )
    external_id = serializers.CharField(max_length=255, required=False)


class ActivitySerializer(serializers.ModelSerializer[Activity]):
    class Meta:
        model = Activity
        fields = (
            "id",
            "customer_id",
            "name",
            "occurred_at",
            "amount",
            "properties",
            "external_id",
        )


class ConversionInput(IdentityInput):
    occurred_at = serializers.DateTimeField(
        required=False, help_text="Absent: now. A known conversion keeps its time."
    )


class ConversionSerializer(serializers.ModelSerializer[FunnelEvent]):
    name = serializers.CharField(source="to_stage")
    occurred_at = serializers.DateTimeField(source="created_date")

    class Meta:
        model = FunnelEvent
        fields = ("id", "customer_id", "name", "occurred_at")


class ConversionsSerializer(serializers.Serializer[Any]):
    """What a customer converted to so far, the first one first."""

    customer_id = serializers.IntegerField()
    conversions = ConversionSerializer(many=True)

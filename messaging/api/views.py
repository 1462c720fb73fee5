from django_filters import rest_framework as filters
from rest_framework import serializers

from marketing_os.lib.api.filters import IdFilter, MomentFilter, TextFilter
from marketing_os.lib.api.views import ReadViewSet, describe_reading
from messaging.models import Delivery


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    class Meta:
        model = Delivery
        fields = (
            "id",
            "dispatch_id",
            "customer_id",
            "channel",
            "address",
            "state",
            "reason",
            "detail",
            "due_at",
            "attempt",
            "provider",
            "provider_id",
            "created_at",
            "accepted_at",
            "updated_at",
        )


class DeliveryFilter(filters.FilterSet):
    customer_id = IdFilter()
    lms_lead_id = TextFilter(field_name="customer__lms_lead_id")
    dispatch_id = IdFilter()
    state = filters.ChoiceFilter(choices=Delivery.State.choices)
    reason = filters.ChoiceFilter(choices=Delivery.Reason.choices)
    channel = filters.ChoiceFilter(choices=Delivery._meta.get_field("channel").choices)
    provider_id = TextFilter()
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Delivery
        fields: tuple[str, ...] = ()


@describe_reading(
    many="List deliveries",
    one="Read a delivery",
    example={
        "id": 60123,
        "dispatch_id": 12,
        "customer_id": 4711,
        "channel": "email",
        "address": "noor.haddad@example.org",
        "state": "delivered",
        "reason": "",
        "detail": "",
        "due_at": "2026-11-02T09:00:00Z",
        "attempt": 1,
        "provider": "resend",
        "provider_id": "4ef9a417-02e9-4d39-ad75-9611e0fcc33c",
        "created_at": "2026-11-02T09:00:00Z",
        "accepted_at": "2026-11-02T09:00:04Z",
        "updated_at": "2026-11-02T09:00:09Z",
    },
)
class DeliveryViewSet(ReadViewSet):
    """What was sent to whom, or why not."""

    queryset = Delivery.objects.all()
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter
    read_scope = "deliveries:read"

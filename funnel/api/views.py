from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets

from funnel.api.filters import ActivityFilter, FunnelEventFilter
from funnel.api.serializers import (
    ActivityInput,
    ActivitySerializer,
    FunnelEventInput,
    FunnelEventSerializer,
)
from funnel.models import Activity, FunnelEvent
from imports.api import PublishMixin


@extend_schema_view(
    create=extend_schema(
        summary="Record a move through a funnel",
        request=FunnelEventInput,
        responses={200: FunnelEventSerializer, 201: FunnelEventSerializer},
        examples=[
            OpenApiExample(
                "An application",
                request_only=True,
                value={
                    "lms_lead_id": "LEAD-1001",
                    "funnel_type": "sales",
                    "from_stage": "contacted",
                    "to_stage": "application",
                    "created_date": "2026-11-02T09:30:00Z",
                    "external_id": "crm-58812",
                },
            )
        ],
    ),
    list=extend_schema(summary="List funnel events"),
    retrieve=extend_schema(summary="Read a funnel event"),
)
class FunnelEventViewSet(
    PublishMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[FunnelEvent],
):
    """Moves of customers from one stage to another; they are never changed."""

    target = "funnel_events"
    queryset = FunnelEvent.objects.all()
    serializer_class = FunnelEventSerializer
    input_serializer_class = FunnelEventInput
    filterset_class = FunnelEventFilter
    read_scope = "events:read"
    write_scope = "events:write"
    lookup_value_converter = "int"


@extend_schema_view(
    create=extend_schema(
        summary="Record an activity",
        request=ActivityInput,
        responses={200: ActivitySerializer, 201: ActivitySerializer},
        examples=[
            OpenApiExample(
                "A purchase",
                request_only=True,
                value={
                    "email": "noor.haddad@example.org",
                    "name": "purchase",
                    "occurred_at": "2026-11-02T09:30:00Z",
                    "amount": "149.00",
                    "properties": {"course": "MBA"},
                    "external_id": "order-7731",
                },
            )
        ],
    ),
    list=extend_schema(summary="List activities"),
    retrieve=extend_schema(summary="Read an activity"),
)
class ActivityViewSet(
    PublishMixin,
    mixins.ListModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet[Activity],
):
    """What customers do; append-only."""

    target = "activities"
    queryset = Activity.objects.all()
    serializer_class = ActivitySerializer
    input_serializer_class = ActivityInput
    filterset_class = ActivityFilter
    read_scope = "events:read"
    write_scope = "events:write"
    lookup_value_converter = "int"

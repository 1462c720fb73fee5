from funnel.api.filters import ActivityFilter, FunnelEventFilter
from funnel.api.serializers import (
    ActivityInput,
    ActivitySerializer,
    FunnelEventInput,
    FunnelEventSerializer,
)
from funnel.models import Activity, FunnelEvent
from imports.api import PublishViewSet, describe_publishing
from marketing_os.lib.api.views import describe_reading


@describe_reading(
    many="List funnel events",
    one="Read a funnel event",
    example={
        "id": 90210,
        "customer_id": 4711,
        "funnel_type": "sales",
        "from_stage": "contacted",
        "to_stage": "application",
        "created_date": "2026-11-02T09:30:00Z",
        "external_id": "crm-58812",
    },
)
@describe_publishing(
    FunnelEventInput,
    create="Record a move through a funnel",
    many="Record many moves",
    example={
        "lms_lead_id": "LEAD-1001",
        "funnel_type": "sales",
        "from_stage": "contacted",
        "to_stage": "application",
        "created_date": "2026-11-02T09:30:00Z",
        "external_id": "crm-58812",
    },
)
class FunnelEventViewSet(PublishViewSet):
    """Moves of customers from one stage to another; they are never changed."""

    target = "funnel_events"
    queryset = FunnelEvent.objects.all()
    serializer_class = FunnelEventSerializer
    filterset_class = FunnelEventFilter
    scope = "events"


@describe_reading(
    many="List activities",
    one="Read an activity",
    example={
        "id": 77310,
        "customer_id": 4711,
        "name": "purchase",
        "occurred_at": "2026-11-02T09:30:00Z",
        "amount": "149.00",
        "properties": {"course": "MBA"},
        "external_id": "order-7731",
    },
)
@describe_publishing(
    ActivityInput,
    create="Record an activity",
    many="Record many activities",
    example={
        "email": "noor.haddad@example.org",
        "name": "purchase",
        "occurred_at": "2026-11-02T09:30:00Z",
        "amount": "149.00",
        "properties": {"course": "MBA"},
        "external_id": "order-7731",
    },
)
class ActivityViewSet(PublishViewSet):
    """What customers do; append-only."""

    target = "activities"
    queryset = Activity.objects.all()
    serializer_class = ActivitySerializer
    filterset_class = ActivityFilter
    scope = "events"

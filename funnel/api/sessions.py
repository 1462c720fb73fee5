from typing import Any, cast

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from customers.api.serializers import IdentityInput
from funnel.models import Booking, Group, Session
from funnel.services import cancel_booking
from imports.api import PublishViewSet, describe_publishing
from marketing_os.lib.api.filters import IdFilter, MomentFilter, TextFilter
from marketing_os.lib.api.problems import problems
from marketing_os.lib.api.verbs import ONCE, answer_verb
from marketing_os.lib.api.views import describe_reading

_GROUP = {"name": "Calm minds", "description": "Every Tuesday, for beginners."}
_SESSION = {
    "group": "Calm minds",
    "starts_at": "2026-11-03T18:00:00Z",
    "name": "Breathing",
    "minutes": 60,
    "is_paid": False,
    "external_id": "calendar-812",
}


class GroupInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=200)
    description = serializers.CharField(
        max_length=10_000, required=False, allow_null=True
    )


class GroupSerializer(serializers.ModelSerializer[Group]):
    class Meta:
        model = Group
        fields = ("id", "name", "description", "created_at")


class SessionInput(serializers.Serializer[Any]):
    group = serializers.CharField(max_length=200, help_text="The name of the group.")
    starts_at = serializers.DateTimeField()
    name = serializers.CharField(max_length=200, required=False, allow_null=True)
    minutes = serializers.IntegerField(min_value=1, max_value=1440, required=False)
    is_paid = serializers.BooleanField(required=False, help_text="Absent: free.")
    external_id = serializers.CharField(max_length=255, required=False)


class SessionSerializer(serializers.ModelSerializer[Session]):
    group = serializers.CharField(source="group.name", read_only=True)

    class Meta:
        model = Session
        fields = (
            "id",
            "group_id",
            "group",
            "starts_at",
            "name",
            "minutes",
            "is_paid",
            "external_id",
        )


class BookingInput(IdentityInput):
    session_id = serializers.IntegerField(min_value=1, required=False)
    session = serializers.CharField(
        max_length=255,
        required=False,
        help_text="The external ID of the session; or give group and starts_at.",
    )
    group = serializers.CharField(max_length=200, required=False)
    starts_at = serializers.DateTimeField(required=False)
    attended = serializers.BooleanField(
        required=False, help_text="Whether the customer came; absent: not yet known."
    )
    booked_at = serializers.DateTimeField(required=False)


class BookingSerializer(serializers.ModelSerializer[Booking]):
    class Meta:
        model = Booking
        fields = ("id", "customer_id", "session_id", "attended", "booked_at")


class GroupFilter(filters.FilterSet):
    name = TextFilter()

    class Meta:
        model = Group
        fields: tuple[str, ...] = ()


class SessionFilter(filters.FilterSet):
    group_id = IdFilter()
    external_id = TextFilter()
    is_paid = filters.BooleanFilter()
    starts_after = MomentFilter(field_name="starts_at", lookup_expr="gte")
    starts_before = MomentFilter(field_name="starts_at", lookup_expr="lt")

    class Meta:
        model = Session
        fields: tuple[str, ...] = ()


class BookingFilter(filters.FilterSet):
    customer_id = IdFilter()
    lms_lead_id = TextFilter(field_name="customer__lms_lead_id")
    session_id = IdFilter()
    attended = filters.BooleanFilter()

    class Meta:
        model = Booking
        fields: tuple[str, ...] = ()


@describe_reading(
    many="List groups",
    one="Read a group",
    example={"id": 3, **_GROUP, "created_at": "2026-11-02T09:30:00Z"},
)
@describe_publishing(
    GroupInput,
    create="Add or describe a group",
    many="Add or describe many groups",
    example=_GROUP,
)
class GroupViewSet(PublishViewSet):
    """What sessions are held of; a group is known by its name."""

    target = "groups"
    queryset = Group.objects.all()
    serializer_class = GroupSerializer
    filterset_class = GroupFilter
    scope = "sessions"


@describe_reading(
    many="List sessions, the newest first",
    one="Read a session",
    example={"id": 41, "group_id": 3, **_SESSION},
)
@describe_publishing(
    SessionInput,
    create="Add or change a session",
    many="Add or change many sessions",
    example=_SESSION,
)
class SessionViewSet(PublishViewSet):
    """Meetings of groups, known by external ID, or else by group and time."""

    target = "sessions"
    queryset = Session.objects.select_related("group")
    serializer_class = SessionSerializer
    filterset_class = SessionFilter
    scope = "sessions"


@describe_reading(
    many="List bookings",
    one="Read a booking",
    example={
        "id": 977,
        "customer_id": 4711,
        "session_id": 41,
        "attended": True,
        "booked_at": "2026-11-02T09:30:00Z",
    },
)
@describe_publishing(
    BookingInput,
    create="Book a session, or say who came",
    many="Book many sessions, or say who came",
    example={"lms_lead_id": "LEAD-1001", "session": "calendar-812", "attended": True},
)
class BookingViewSet(PublishViewSet):
    """Places of customers in sessions, one per customer and session.

    Who attended gets an activity that workflows can start by.
    """

    target = "bookings"
    queryset = Booking.objects.all()
    serializer_class = BookingSerializer
    filterset_class = BookingFilter
    scope = "sessions"

    @extend_schema(
        summary="Cancel a booking",
        description="Only while nobody said that the customer came.",
        parameters=[ONCE],
        request=None,
        responses={200: BookingSerializer, **problems(404, 409)},
    )
    @action(detail=True, methods=["post"], pagination_class=None, filterset_class=None)
    def cancel(self, request: Request, pk: int) -> HttpResponse:
        def work() -> tuple[int, Any]:
            booking = get_object_or_404(Booking, pk=pk)
            shown = cast(dict[str, Any], BookingSerializer(booking).data)
            cancel_booking(booking)
            return 200, shown

        return answer_verb(request, work)

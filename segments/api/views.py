from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers

from customers.models import Customer
from marketing_os.lib.api.filters import TextFilter
from marketing_os.lib.api.views import ListViewSet, ReadViewSet, describe_reading
from segments.models import Segment
from segments.selectors import known_customers


class SegmentSerializer(serializers.ModelSerializer[Segment]):
    class Meta:
        model = Segment
        fields = ("id", "name", "description", "type", "created_at", "updated_at")


class SegmentFilter(filters.FilterSet):
    name = TextFilter()
    type = filters.ChoiceFilter(choices=Segment.Type.choices)

    class Meta:
        model = Segment
        fields: tuple[str, ...] = ()


class MemberSerializer(serializers.ModelSerializer[Customer]):
    class Meta:
        model = Customer
        fields = ("id", "lms_lead_id", "email")


@describe_reading(
    many="List segments",
    one="Read a segment",
    example={
        "id": 7,
        "name": "MBA leads without an application",
        "description": "",
        "type": "sql",
        "created_at": "2026-11-02T09:30:00Z",
        "updated_at": "2026-11-02T09:30:00Z",
    },
)
class SegmentViewSet(ReadViewSet):
    """Named sets of customers."""

    queryset = Segment.objects.all()
    serializer_class = SegmentSerializer
    filterset_class = SegmentFilter
    read_scope = "segments:read"


@extend_schema_view(
    list=extend_schema(
        parameters=[
            OpenApiParameter("segment", OpenApiTypes.INT64, OpenApiParameter.PATH)
        ]
    )
)
@describe_reading(
    many="List the customers of a segment, as last looked up",
    example={
        "id": 4711,
        "lms_lead_id": "LEAD-1001",
        "email": "noor.haddad@example.org",
    },
)
class SegmentCustomersViewSet(ListViewSet):
    """Who is in a segment: a list as it is, the others as they were last looked up."""

    queryset = Customer.objects.none()
    serializer_class = MemberSerializer
    read_scope = "segments:read"

    def get_queryset(self) -> QuerySet[Any]:
        if self.request is None:
            return Customer.objects.none()
        segment = Segment.objects.filter(pk=self.kwargs["segment"]).first()
        if segment is None:
            raise Http404
        return known_customers(segment).defer("search", "attributes")

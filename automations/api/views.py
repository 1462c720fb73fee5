from typing import Any

from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from automations import services
from automations.models import Automation, Forecast
from automations.tasks import count_forecasts
from marketing_os.lib.api.filters import TextFilter
from marketing_os.lib.api.problems import problems
from marketing_os.lib.api.views import ReadViewSet, describe_reading
from marketing_os.lib.hints import wake

_FORECAST = {
    "state": "ready",
    "counted_at": "2026-11-02T08:55:01Z",
    "audience": 4312,
    "will_receive": 4100,
    "will_not": 212,
    "reasons": {"no_consent": 180, "suppressed": 32},
    "last_run": {
        "scheduled_for": "2026-10-26T09:00:00Z",
        "audience": 4284,
        "entered": 40,
        "left": 12,
    },
    "surge": "",
    "error": "",
}


class AutomationSerializer(serializers.ModelSerializer[Automation]):
    class Meta:
        model = Automation
        fields = (
            "id",
            "name",
            "segment_id",
            "template_id",
            "schedule",
            "cron",
            "run_at",
            "timezone",
            "is_active",
            "created_at",
            "updated_at",
        )


class AutomationFilter(filters.FilterSet):
    name = TextFilter()
    is_active = filters.BooleanFilter()

    class Meta:
        model = Automation
        fields: tuple[str, ...] = ()


class LastRunSerializer(serializers.Serializer[Any]):
    scheduled_for = serializers.DateTimeField()
    audience = serializers.IntegerField()
    entered = serializers.IntegerField()
    left = serializers.IntegerField()


class ForecastSerializer(serializers.Serializer[Any]):
    state = serializers.CharField(help_text="counting, ready or failed")
    counted_at = serializers.DateTimeField(allow_null=True)
    audience = serializers.IntegerField()
    will_receive = serializers.IntegerField()
    will_not = serializers.IntegerField()
    reasons = serializers.DictField(child=serializers.IntegerField())
    last_run = LastRunSerializer(allow_null=True)
    surge = serializers.CharField(allow_blank=True)
    error = serializers.CharField(allow_blank=True)


@describe_reading(
    many="List automations",
    one="Read an automation",
    example={
        "id": 3,
        "name": "Course reminder",
        "segment_id": 7,
        "template_id": 5,
        "schedule": "cron",
        "cron": "0 9 * * 1-5",
        "run_at": None,
        "timezone": "Europe/London",
        "is_active": True,
        "created_at": "2026-11-02T09:30:00Z",
        "updated_at": "2026-11-02T09:30:00Z",
    },
)
class AutomationViewSet(ReadViewSet):
    """Templates sent to segments, on a schedule or once."""

    queryset = Automation.objects.all()
    serializer_class = AutomationSerializer
    filterset_class = AutomationFilter
    read_scope = "automations:read"

    @extend_schema(
        summary="Foresee whom a run of an automation would reach now",
        description="A large audience is counted in the background: ask again while"
        " `state` is `counting`. Nothing is sent.",
        responses={
            200: OpenApiResponse(
                ForecastSerializer,
                examples=[OpenApiExample("Found", _FORECAST, response_only=True)],
            ),
            **problems(404),
        },
    )
    @action(detail=True, pagination_class=None, filterset_class=None)
    def forecast(self, request: Request, pk: int) -> Response:
        automation = get_object_or_404(
            Automation.objects.select_related("segment", "template"), pk=pk
        )
        found = services.request_forecast(automation)
        if found.counted_at is None:
            wake(count_forecasts)
        return Response(ForecastSerializer(_told(found)).data)


def _told(found: Forecast) -> dict[str, Any]:
    if found.counted_at is None or found.error:
        nothing = {"audience": 0, "will_receive": 0, "will_not": 0, "reasons": {}}
        return nothing | {
            "state": "failed" if found.error else "counting",
            "counted_at": found.counted_at,
            "last_run": None,
            "surge": "",
            "error": found.error,
        }
    return {
        "state": "ready",
        "counted_at": found.counted_at,
        "audience": found.total,
        "will_receive": found.reached,
        "will_not": found.total - found.reached,
        "reasons": {
            reason: n for state, reason, n in found.counts if state != "pending"
        },
        "last_run": _told_last_run(found),
        "surge": found.surge,
        "error": "",
    }


def _told_last_run(found: Forecast) -> dict[str, Any] | None:
    if found.last_run is None or found.last_run.dispatch is None:
        return None
    return {
        "scheduled_for": found.last_run.scheduled_for,
        "audience": found.last_run.dispatch.audience_count,
        "entered": found.entered_count,
        "left": found.left_count,
    }

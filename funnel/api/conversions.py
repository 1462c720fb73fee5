from typing import Any, cast

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from funnel.api.filters import ConversionFilter
from funnel.api.serializers import (
    ConversionInput,
    ConversionSerializer,
    ConversionsSerializer,
)
from funnel.models import FunnelEvent
from funnel.selectors import conversions_of
from funnel.services import UnknownConversionError, record_conversion
from marketing_os.lib.api.problems import problems
from marketing_os.lib.api.verbs import ONCE, answer_verb
from marketing_os.lib.api.views import ListViewSet, describe_reading
from marketing_os.lib.models import ApiKey

_SIGNUP = {
    "id": 90311,
    "customer_id": 4711,
    "name": "signup",
    "occurred_at": "2026-11-02T09:30:00Z",
}


@describe_reading(many="List conversions", example=_SIGNUP)
class ConversionViewSet(ListViewSet):
    """Steps that a customer takes once, such as signing up."""

    queryset = FunnelEvent.objects.filter(funnel_type=FunnelEvent.FunnelType.CONVERSION)
    serializer_class = ConversionSerializer
    filterset_class = ConversionFilter
    read_scope = "events:read"
    write_scope = "events:write"

    @extend_schema(
        summary="Record a conversion",
        description="`name` is signup, attend_first_session, upgrade,"
        " attend_first_paid_session, or one that staff added. It is recorded once per"
        " customer: 201 the first time, 200 with the same conversions on repetition."
        " Workflows that start by it start in the same moment. A key without"
        " events:read is told only the conversion that it reported.",
        parameters=[ONCE],
        request=ConversionInput,
        responses={
            status: OpenApiResponse(
                ConversionsSerializer,
                examples=[
                    OpenApiExample(
                        "Recorded",
                        {"customer_id": 4711, "conversions": [_SIGNUP]},
                        response_only=True,
                    )
                ],
            )
            for status in (200, 201)
        }
        | problems(400, 404, 409),
        examples=[OpenApiExample("One", {"customer_id": 4711}, request_only=True)],
    )
    @action(
        detail=False,
        methods=["post"],
        url_path="<str:name>",
        pagination_class=None,
        filterset_class=None,
    )
    def record(self, request: Request, name: str) -> HttpResponse:
        data = ConversionInput(data=request.data)
        data.is_valid(raise_exception=True)
        customer = data.find()

        def work() -> tuple[int, Any]:
            at = data.validated_data.get("occurred_at")
            try:
                is_new = record_conversion(customer, name, source="api", at=at)
            except UnknownConversionError as error:
                raise NotFound(str(error)) from error
            found = conversions_of(customer.pk)
            if "events:read" not in cast(ApiKey, request.auth).scopes:
                found = found.filter(to_stage=name)
            told = {"customer_id": customer.pk, "conversions": found}
            return 201 if is_new else 200, ConversionsSerializer(told).data

        return answer_verb(request, work)

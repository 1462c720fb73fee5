import json
from typing import Any

from django.http import HttpResponse
from django_filters import rest_framework as filters
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from customers.api.serializers import IdentityInput
from marketing_os.lib.api.filters import IdFilter, MomentFilter, TextFilter
from marketing_os.lib.api.once import HEADER
from marketing_os.lib.api.problems import problems
from marketing_os.lib.api.verbs import ONCE, answer_verb
from marketing_os.lib.api.views import ReadViewSet, describe_reading
from marketing_os.lib.hints import wake
from messaging.models import ApiMessage, MessageTemplate
from messaging.services.transactional import send_message
from messaging.tasks import send_due_messages
from messaging.templating.context import SENDER_NAMES

MOST_NAMES, MOST_BYTES = 100, 20_000
_TAKEN = {"customer", *SENDER_NAMES}
_EXAMPLE = {
    "id": 318,
    "external_id": "order-1001-paid",
    "template_id": 5,
    "customer_id": 4711,
    "delivery_id": 60123,
    "channel": "email",
    "state": "pending",
    "reason": "",
    "created_at": "2026-11-02T09:30:00Z",
    "accepted_at": None,
}


class MessageInput(IdentityInput):
    """Names the customer in one of three ways, and the template in one of two."""

    template_id = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, required=False
    )
    template = serializers.CharField(
        max_length=200, required=False, help_text="The template's name."
    )
    data: Any = serializers.DictField(
        required=False, help_text="Values that the template reads by these names."
    )
    external_id = serializers.CharField(
        max_length=180,
        required=False,
        help_text="Your own name for this message: it is sent once.",
    )

    def validate_data(self, data: dict[str, Any]) -> dict[str, Any]:
        taken = _TAKEN.intersection(data)
        if taken:
            raise ValidationError(f"“{min(taken)}” has its value from elsewhere.")
        if len(data) > MOST_NAMES or not all(name.isidentifier() for name in data):
            raise ValidationError(f"Send up to {MOST_NAMES} values by plain names.")
        if len(json.dumps(data).encode()) > MOST_BYTES:
            raise ValidationError(f"The values are longer than {MOST_BYTES:,} bytes.")
        return data

    def find_template(self) -> MessageTemplate:
        """Return the template that valid data names, or raise ValidationError."""
        known = MessageTemplate.objects.select_related("current_version__template")
        for field, lookup in (("template_id", "pk"), ("template", "name")):
            if field in self.validated_data:
                value = self.validated_data[field]
                if found := known.filter(**{lookup: value}).first():
                    return found
                raise ValidationError({field: ["There is no such template."]})
        raise ValidationError({"template_id": ["Name the template by ID or name."]})


class MessageSerializer(serializers.ModelSerializer[ApiMessage]):
    template_id = serializers.IntegerField(source="delivery.dispatch.template_id")
    customer_id = serializers.IntegerField(source="delivery.customer_id")
    channel = serializers.CharField(source="delivery.channel")
    state = serializers.CharField(source="delivery.state")
    reason = serializers.CharField(
        source="delivery.reason", help_text="Why it was skipped, or did not arrive."
    )
    accepted_at = serializers.DateTimeField(
        source="delivery.accepted_at", allow_null=True
    )

    class Meta:
        model = ApiMessage
        fields = tuple(_EXAMPLE)


class MessageFilter(filters.FilterSet):
    external_id = TextFilter()
    customer_id = IdFilter(field_name="delivery__customer_id")
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = ApiMessage
        fields: tuple[str, ...] = ()


@describe_reading(
    many="List messages that were asked for",
    one="Read a message and what became of it",
    example=_EXAMPLE,
)
@extend_schema_view(
    create=extend_schema(
        summary="Send a transactional message to a customer",
        description="At once and before all others, whether or not the customer"
        " unsubscribed, but never to a suppressed address: `state` is then `skipped`"
        " and `reason` says why. Send an `external_id` or the header"
        f" `{HEADER}`: what comes again under it is sent once and answered 200.",
        parameters=[ONCE],
        request=MessageInput,
        responses={
            200: MessageSerializer,
            201: OpenApiResponse(
                MessageSerializer,
                examples=[OpenApiExample("Taken", _EXAMPLE, response_only=True)],
            ),
            **problems(400, 409),
        },
        examples=[
            OpenApiExample(
                "One",
                value={
                    "template": "Receipt",
                    "lms_lead_id": "LEAD-1001",
                    "data": {"order": "1001", "total": "25.00"},
                    "external_id": "order-1001-paid",
                },
                request_only=True,
            )
        ],
    )
)
class MessageViewSet(ReadViewSet):
    """Messages that other systems ask for, about what a customer did."""

    queryset = ApiMessage.objects.select_related("delivery__dispatch").exclude(
        delivery=None
    )
    serializer_class = MessageSerializer
    filterset_class = MessageFilter
    read_scope = "deliveries:read"
    write_scope = "messages:send"

    def create(self, request: Request) -> HttpResponse:
        asked = MessageInput(data=request.data)
        asked.is_valid(raise_exception=True)
        values = asked.validated_data
        if not (values.get("external_id") or request.headers.get(HEADER)):
            sentence = f"Send an external_id, or the header {HEADER}."
            raise ValidationError({"external_id": [sentence]})
        template, customer = asked.find_template(), asked.find()

        def work() -> tuple[int, Any]:
            message, is_new = send_message(
                template,
                customer,
                data=values.get("data", {}),
                external_id=values.get("external_id"),
            )
            wake(send_due_messages)
            found = self.queryset.get(pk=message.pk)
            return 201 if is_new else 200, MessageSerializer(found).data

        return answer_verb(request, work)

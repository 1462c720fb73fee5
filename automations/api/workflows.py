import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request

from automations.models import Workflow
from automations.services.triggering import Triggered, trigger_workflow
from automations.tasks import advance_workflows
from automations.workflows.entering import OBSTACLES
from customers.api.serializers import IdentityInput
from marketing_os.lib.api.problems import problems
from marketing_os.lib.api.verbs import ONCE, answer_verb
from marketing_os.lib.api.views import ApiViewSet
from marketing_os.lib.hints import wake

_MOST_DATA, _MOST_BYTES = 50, 20_000
_ENTERED = {
    "entered": True,
    "enrolment_id": 90210,
    "obstacle": "",
    "detail": "",
    "until": None,
}
_KEPT_OUT = {
    "entered": False,
    "enrolment_id": None,
    "obstacle": "cooldown",
    "detail": "Entered so lately that the cooldown is not over.",
    "until": "2026-11-09T08:55:01Z",
}


class TriggerInput(IdentityInput):
    data = serializers.DictField(  # type: ignore[assignment]
        required=False,
        help_text="Values for the templates of the workflow, as {{ event.NAME }}.",
    )

    def validate_data(self, value: dict[str, Any]) -> dict[str, Any]:
        if len(value) > _MOST_DATA:
            raise serializers.ValidationError(f"At most {_MOST_DATA} values.")
        if len(json.dumps(value).encode()) > _MOST_BYTES:
            sentence = f"The values are longer than {_MOST_BYTES:,} bytes."
            raise serializers.ValidationError(sentence)
        return value


class TriggeredSerializer(serializers.Serializer[Any]):
    entered = serializers.BooleanField()
    enrolment_id = serializers.IntegerField(allow_null=True)
    obstacle = serializers.ChoiceField(
        ["", *OBSTACLES], help_text="What kept the customer out."
    )
    detail = serializers.CharField(allow_blank=True)
    until = serializers.DateTimeField(
        allow_null=True, help_text="When a cooldown is over."
    )


class WorkflowViewSet(ApiViewSet):
    """Workflows that other systems start."""

    queryset = Workflow.objects.all()
    serializer_class = TriggeredSerializer
    lookup_value_converter = "int"
    write_scope = "workflows:trigger"

    @extend_schema(
        summary="Start a workflow for a customer",
        description="The workflow must be enabled and have the trigger “Another system"
        " asks by the API”. Its rules of entering hold: who is on the way already, or"
        " entered within the cooldown, stays out, and the answer says so.",
        parameters=[ONCE],
        request=TriggerInput,
        responses={
            202: OpenApiResponse(
                TriggeredSerializer,
                examples=[
                    OpenApiExample("Entered", _ENTERED, response_only=True),
                    OpenApiExample("Kept out", _KEPT_OUT, response_only=True),
                ],
            ),
            **problems(400, 404, 409),
        },
        examples=[
            OpenApiExample(
                "One",
                {"lms_lead_id": "LEAD-1001", "data": {"course": "MBA"}},
                request_only=True,
            )
        ],
    )
    @action(detail=True, methods=["post"])
    def trigger(self, request: Request, pk: int) -> HttpResponse:
        workflow = get_object_or_404(Workflow, pk=pk, archived_at=None)
        named = TriggerInput(data=request.data)
        named.is_valid(raise_exception=True)

        def start() -> tuple[int, Any]:
            data = named.validated_data.get("data", {})
            triggered = trigger_workflow(workflow, named.find(), data)
            if triggered.enrolment is not None:
                wake(advance_workflows)
            return 202, TriggeredSerializer(_told(triggered)).data

        return answer_verb(request, start)


def _told(triggered: Triggered) -> dict[str, Any]:
    entered = triggered.enrolment
    return {
        "entered": entered is not None,
        "enrolment_id": entered.pk if entered else None,
        "obstacle": triggered.obstacle,
        "detail": str(OBSTACLES.get(triggered.obstacle, "")),
        "until": triggered.until,
    }

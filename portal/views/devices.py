import json

from django.core.exceptions import RequestDataTooBig
from django.http import (
    HttpRequest,
    HttpResponse,
    JsonResponse,
    UnreadablePostError,
)
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from rest_framework import serializers

from customers.models import Device
from customers.services.devices import DeviceReport, TooManyDevices, log_device
from portal.members import member_of
from portal.visitors import visitor_of

_MOST_BYTES = 2_000
_LARGEST_SCREEN = 20_000


class DeviceInput(serializers.Serializer[DeviceReport]):
    """What the page's script posts once the visitor agreed."""

    consent = serializers.BooleanField()
    type = serializers.ChoiceField(Device.Type.choices)
    screen_width = serializers.IntegerField(min_value=1, max_value=_LARGEST_SCREEN)
    screen_height = serializers.IntegerField(min_value=1, max_value=_LARGEST_SCREEN)
    memory = serializers.DecimalField(
        max_digits=6,
        decimal_places=2,
        min_value=0,
        max_value=4096,
        allow_null=True,
        required=False,
        default=None,
    )
    time = serializers.DateTimeField()

    def validate_consent(self, given: bool) -> bool:
        if given is not True:
            raise serializers.ValidationError("Nothing is noted without consent.")
        return given


@csrf_exempt
@require_POST
@never_cache
def log(request: HttpRequest) -> HttpResponse:
    """Note the device of a visitor who agreed.

    JSON only: a page of another site cannot send it without asking first.
    """
    if request.content_type != "application/json":
        return JsonResponse({"detail": "Send JSON."}, status=415)
    read = _read(request)
    if read is None:
        return JsonResponse({"detail": "Send one short JSON object."}, status=400)
    asked = DeviceInput(data=read)
    if not asked.is_valid():
        return JsonResponse({"detail": asked.errors}, status=400)
    values = dict(asked.validated_data)
    values.pop("consent")
    agent = request.headers.get("User-Agent", "").replace("\0", "")
    try:
        log_device(
            DeviceReport(**values),
            agent=agent,
            visitor=visitor_of(request),
            customer=member_of(request),
        )
    except TooManyDevices as error:
        return JsonResponse({"detail": str(error)}, status=429)
    return HttpResponse(status=204)


def _read(request: HttpRequest) -> dict[str, object] | None:
    try:
        body = request.body
        read = json.loads(body) if len(body) <= _MOST_BYTES else None
    except (ValueError, RecursionError, RequestDataTooBig, UnreadablePostError):
        return None
    return read if isinstance(read, dict) else None

"""`POST` that does something: once under its Idempotency-Key, and not with a test key."""

import json
from collections.abc import Callable
from typing import Any, cast

from django.db import transaction
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from marketing_os.lib.api.once import HEADER, Answer, answer_once, repeatable
from marketing_os.lib.models import ApiKey

# Describes the header for `extend_schema`.
ONCE = OpenApiParameter(
    HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="A name of your own for this request, up to 255 characters. The same"
    " request under the same name is answered as the first time and stores nothing"
    " new, for 24 hours; another request under it is a 409.",
)
_VALID = Answer(200, json.dumps({"valid": True, "stored": False}))


def answer_verb(request: Request, work: Callable[[], tuple[int, Any]]) -> HttpResponse:
    """Do the work of a request and answer with its status and JSON.

    A repeat under the same Idempotency-Key gets the first answer again; what a test
    key asks for is done and undone. What `work` raises is the answer of the API.
    """
    key = cast(ApiKey, request.auth)
    body = json.dumps(request.data, sort_keys=True).encode()
    once = repeatable(key, request.headers.get(HEADER), request.path, body)

    def answer() -> Answer:
        status, shown = work()
        return Answer(status, JSONRenderer().render(shown).decode())

    if key.is_test:
        with transaction.atomic():
            work()
            transaction.set_rollback(True)
        found = _VALID
    else:
        found = answer_once(once, answer)
    return HttpResponse(found.body, "application/json", found.status)

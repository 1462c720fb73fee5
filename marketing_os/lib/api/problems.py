"""The errors of the API as the OpenAPI description shows them."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework import serializers

from marketing_os.lib.api.errors import PROBLEM


class ProblemField(serializers.Serializer[Any]):
    field = serializers.CharField()  # type: ignore[assignment]
    message = serializers.CharField()


class Problem(serializers.Serializer[Any]):
    """Problem details (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = ProblemField(many=True, required=False)  # type: ignore[assignment]


_EXAMPLES = {
    400: {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "detail": "Some values cannot be taken.",
        "errors": [{"field": "email", "message": "This is not an e-mail address."}],
    },
    404: {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "There is nothing here by this name.",
    },
    409: {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "detail": "This Idempotency-Key came with another request before.",
    },
}


def problems(*statuses: int) -> dict[Any, OpenApiResponse]:
    """Responses by (status, media type) for `extend_schema`."""
    return {
        (status, PROBLEM): OpenApiResponse(
            Problem,
            examples=[OpenApiExample("Problem", value=_EXAMPLES[status])],
        )
        for status in statuses
    }

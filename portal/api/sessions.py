from typing import Any, cast

from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api.serializers import IdentityInput
from marketing_os.lib.api.problems import problems
from marketing_os.lib.api.views import ApiViewSet
from marketing_os.lib.models import ApiKey
from portal.members import open_session

_EXAMPLE = {
    "token": "w6sTPdG0v1dWJ0a9mS6hUOcksgbC3dnIBg",
    "customer_id": 4711,
    "expires_at": "2026-11-02T10:00:00Z",
}


class MemberSessionSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(
        help_text="For `Authorization: Member TOKEN`, on `me/` and nowhere else."
    )
    customer_id = serializers.IntegerField()
    expires_at = serializers.DateTimeField()


class MemberSessionViewSet(ApiViewSet):
    """Sessions that the server of a host site opens for a member who is signed in."""

    serializer_class = MemberSessionSerializer
    write_scope = "member-sessions:open"

    @extend_schema(
        summary="Open a session for a member",
        description="Only a server may ask, once it knows for sure who is signed in:"
        " give the page the token, never the key. Nothing is stored. A test key is told"
        " only whether there is such a member.",
        request=IdentityInput,
        responses={
            201: OpenApiResponse(
                MemberSessionSerializer,
                examples=[OpenApiExample("Opened", _EXAMPLE, response_only=True)],
            ),
            **problems(400),
        },
        examples=[
            OpenApiExample("One", {"lms_lead_id": "LEAD-1001"}, request_only=True)
        ],
    )
    def create(self, request: Request) -> Response:
        named = IdentityInput(data=request.data)
        named.is_valid(raise_exception=True)
        customer = named.find()
        if customer.archived_at or customer.erased_at:
            raise ValidationError("This customer was archived or erased.")
        if cast(ApiKey, request.auth).is_test:
            return Response({"valid": True, "stored": False})
        session = MemberSessionSerializer(open_session(customer)).data
        return Response(session, status=201, headers={"Cache-Control": "no-store"})

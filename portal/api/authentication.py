from dataclasses import dataclass
from typing import TYPE_CHECKING

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from customers.models import Customer
from portal.members import KEYWORD, member_in_header

if TYPE_CHECKING:
    from rest_framework.views import APIView

OVER = "This member's session is over. Ask for a new one."


@dataclass(frozen=True)
class Visitor:
    """The member whom a valid token names, whether or not still there."""

    customer_id: int


class MemberAuthentication(BaseAuthentication):
    """Reads `Authorization: Member TOKEN`; who it is stands in `request.auth`."""

    def authenticate(self, request: Request) -> tuple[None, Visitor] | None:
        header = request.headers.get("Authorization", "")
        if not header:
            return None
        customer_id = member_in_header(header)
        if customer_id is None:
            raise AuthenticationFailed(OVER)
        return None, Visitor(customer_id)

    def authenticate_header(self, request: Request) -> str:
        return KEYWORD


class IsMember(BasePermission):
    """Lets in whom a token names and who was neither erased nor archived."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not isinstance(request.auth, Visitor):
            return False
        pk = request.auth.customer_id
        if not Customer.objects.active().filter(pk=pk).exists():
            raise AuthenticationFailed(OVER)
        return True


class HasToken(BasePermission):
    """Lets in whom a token names; the view asks whether the member is still there."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        return isinstance(request.auth, Visitor)


class MemberScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = MemberAuthentication
    name = "Member"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Member TOKEN`, with the token of a member's session.",
        }

from typing import TYPE_CHECKING

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from marketing_os.lib.api.keys import find_key
from marketing_os.lib.models import ApiKey

if TYPE_CHECKING:
    # DRF's views read the settings that name this module.
    from rest_framework.views import APIView


class ApiKeyAuthentication(BaseAuthentication):
    """Reads `Authorization: Api-Key KEY`; the key stands in `request.auth`."""

    keyword = "Api-Key"

    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        header = request.headers.get("Authorization", "")
        keyword, _space, secret = header.partition(" ")
        if keyword.lower() != self.keyword.lower():
            return None
        key = find_key(secret.strip())
        if key is None:
            raise AuthenticationFailed(
                "This API key is unknown, revoked or has expired."
            )
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return self.keyword


class HasScope(BasePermission):
    """Lets a key in that has the scope which the view names for the method.

    A view sets `read_scope` and `write_scope`.
    """

    message = "This key does not have the scope that this needs."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        key = request.auth
        if not isinstance(key, ApiKey):
            return False
        is_read = request.method in ("GET", "HEAD", "OPTIONS")
        scope = getattr(view, "read_scope" if is_read else "write_scope", None)
        self.message = f"This key does not have the scope “{scope}”."
        return scope in key.scopes

from typing import TYPE_CHECKING, Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from marketing_os.lib.api.keys import find_key
from marketing_os.lib.models import ApiKey

if TYPE_CHECKING:
    # DRF's views read the settings that name this module.
    from rest_framework.views import APIView

KEYWORD = "Api-Key"


class ApiKeyAuthentication(BaseAuthentication):
    """Reads `Authorization: Api-Key KEY`; the key stands in `request.auth`."""

    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        secret = read_secret(request.headers.get("Authorization", ""))
        if secret is None:
            return None
        return None, insist_on(find_key(secret))

    def authenticate_header(self, request: Request) -> str:
        return KEYWORD


class HasScope(BasePermission):
    """Lets a key in that has the scope which the view names for the method.

    A view sets `read_scope` and `write_scope`.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        key = request.auth
        if not isinstance(key, ApiKey):
            return False
        is_read = request.method in ("GET", "HEAD", "OPTIONS")
        name = "read_scope" if is_read else "write_scope"
        insist_on_scope(key, getattr(view, name, None))
        return True


def read_secret(header: str) -> str | None:
    """Return the secret of an Authorization header; None: it is of another kind."""
    keyword, _space, secret = header.partition(" ")
    return secret.strip() if keyword.lower() == KEYWORD.lower() else None


def insist_on(key: ApiKey | None) -> ApiKey:
    """Return the key, or raise AuthenticationFailed when there is none."""
    if key is None:
        raise AuthenticationFailed("This API key is unknown, revoked or has expired.")
    return key


def insist_on_scope(key: ApiKey, scope: Any) -> None:
    """Raise PermissionDenied unless the key has the scope."""
    if scope not in key.scopes:
        raise PermissionDenied(f"This key does not have the scope “{scope}”.")

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse


def deliveries_url(**filters: object) -> str:
    """Return the list of deliveries with its search filled in."""
    query = "&".join(f"{name}={value}" for name, value in filters.items() if value)
    return f"{reverse('admin:messaging_delivery_changelist')}?{query}"


def require_permission(request: HttpRequest, permission: str) -> None:
    """Refuse the page to whoever lacks the permission."""
    if not request.user.has_perm(permission):
        raise PermissionDenied

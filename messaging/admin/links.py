from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from messaging.selectors import holds_sensitive

SENSITIVE_MAIL = _("This mail holds sensitive attributes, which you may not see.")


def deliveries_url(**filters: object) -> str:
    """Return the list of deliveries with its search filled in."""
    query = "&".join(f"{name}={value}" for name, value in filters.items() if value)
    return f"{reverse('admin:messaging_delivery_changelist')}?{query}"


def require_permission(request: HttpRequest, permission: str) -> None:
    """Refuse the page to whoever lacks the permission."""
    if not request.user.has_perm(permission):
        raise PermissionDenied


def may_read_mail(request: HttpRequest, delivery_id: int) -> bool:
    """Tell whether somebody may read the mail that was made for a delivery."""
    may_see_all = request.user.has_perm("customers.view_sensitive")
    return may_see_all or not holds_sensitive(delivery_id)

from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from marketing_os.lib.registry import Origin, registry
from messaging.selectors import made_of_sensitive

SENSITIVE_MAIL = _("This mail holds sensitive attributes, which you may not see.")


def deliveries_url(**filters: object) -> str:
    """Return the list of deliveries with its search filled in."""
    query = urlencode({name: value for name, value in filters.items() if value})
    return f"{reverse('admin:messaging_delivery_changelist')}?{query}"


def origin_of(key: str) -> Origin | None:
    """Ask the app that made a key, such as "automation:3", what it stands for."""
    kind, _colon, rest = key.partition(":")
    find = registry.origins.get(kind)
    return find(rest) if find else None


def require_permission(request: HttpRequest, permission: str) -> None:
    """Refuse the page to whoever lacks the permission."""
    if not request.user.has_perm(permission):
        raise PermissionDenied


def may_read_mail(request: HttpRequest, delivery_id: int) -> bool:
    """Tell whether somebody may read the mail that was made for a delivery."""
    return may_read_all_mail(request) or not made_of_sensitive([delivery_id])


def may_read_all_mail(request: HttpRequest) -> bool:
    """Tell whether somebody may read mails made of sensitive attributes, too."""
    return request.user.has_perm("customers.view_sensitive")

from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode


def list_url(model: str, **filters: Any) -> str:
    """Return the address of a list ("customers_customer") or "" where it has none."""
    try:
        url = reverse(f"admin:{model}_changelist")
    except NoReverseMatch:
        return ""
    return f"{url}?{urlencode(filters)}" if filters else url


def page_url(name: str, *args: Any) -> str:
    """Return the address of a page of the back office, or "" where it has none."""
    try:
        return reverse(f"admin:{name}", args=args)
    except NoReverseMatch:
        return ""


def may(request: HttpRequest, *permissions: str) -> bool:
    """Tell whether the person has all of these permissions."""
    return bool(request.user.has_perms(permissions))

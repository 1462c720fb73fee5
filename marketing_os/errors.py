"""What is shown when a request cannot be answered as it was meant."""

import sys
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader
from django.utils.translation import gettext as _
from django.views import defaults

# Classes of SQLSTATE that mean that the server is not there, or not for us now.
_SERVER_IS_AWAY = ("08", "53", "57P")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _is_api(request):
        return _problem(404, _("There is nothing at this address."))
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a fault; one that is only the database's absence says so.

    Called by Django while the exception is being handled. The page must come without
    the database, so it is rendered without a request.
    """
    is_away = database_is_away(sys.exc_info()[1])
    status = 503 if is_away else 500
    if _is_api(request):
        title = _("The database cannot be reached.") if is_away else _("Server error.")
        return _problem(status, title)
    page = loader.get_template(f"{status}.html").render()
    response = HttpResponse(page, status=status)
    if is_away:
        response["Retry-After"] = "10"
    return response


def locked_out(
    request: HttpRequest, original_response: Any = None, credentials: Any = None
) -> HttpResponse:
    """Answer whoever guessed too many passwords; called by axes."""
    minutes = int(settings.AXES_COOLOFF_TIME * 60)
    page = loader.get_template("429.html").render({"minutes": minutes})
    return HttpResponse(page, status=429)


def database_is_away(error: BaseException | None) -> bool:
    """Tell whether an error means that the database cannot be reached."""
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(_SERVER_IS_AWAY)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _problem(status: int, title: str) -> JsonResponse:
    # RFC 9457, as the API's own errors are.
    return JsonResponse(
        {"type": "about:blank", "title": title, "status": status},
        status=status,
        content_type="application/problem+json",
    )

"""What a request of the API need not pass through."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, resolve

_ROOT = "/api/v1/"
_PAGES = (f"{_ROOT}docs/", f"{_ROOT}schema/")


def answer_without_session(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Answer the API before sessions, logins and messages are looked for.

    It knows keys, no cookies: whatever a browser sends along counts for nothing, and
    the middleware below would only cost time.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if not path.startswith(_ROOT) or path.startswith(_PAGES):
            return get_response(request)
        match = _match(path, settings.ROOT_URLCONF)
        request.resolver_match = match
        response: Any = match.func(request, *match.args, **match.kwargs)
        if hasattr(response, "render") and not response.is_rendered:
            response = response.render()
        return response  # type: ignore[no-any-return]

    return answer


@lru_cache(maxsize=256)
def _match(path: str, urlconf: str) -> ResolverMatch:
    """Find a view; few addresses take nearly all requests, so they are kept."""
    return resolve(path, urlconf)

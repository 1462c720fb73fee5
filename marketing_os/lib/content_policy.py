"""What a browser may load and run on our pages: their Content-Security-Policy.

docs/security.md says why each exception is there.
"""

import re
from base64 import b64encode
from collections.abc import Callable
from functools import cache, wraps
from hashlib import sha256
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template

HEADER = "Content-Security-Policy"


def _policy(**sources: str) -> str:
    """Write a policy that allows nothing but these sources, by directive."""
    named = {
        "default_src": "'none'",
        "script_src": "'self'",
        "style_src": "'self'",
        "img_src": "'self'",
        "connect_src": "'self'",
        "form_action": "'self'",
        "base_uri": "'none'",
        "frame_ancestors": "'none'",
    } | sources
    return "; ".join(f"{name.replace('_', '-')} {named[name]}" for name in named)


# Nothing from elsewhere, nothing inside the page itself.
PAGES = _policy()
# Swagger draws its signs from its style sheet.
API_DOCS = _policy(img_src="'self' data:")


@cache
def office(*, shows_mails: bool = False) -> str:
    """Return the back office's policy.

    A page that shows a mail while it is written lets it load pictures, styles and
    fonts: the frame inherits the page's policy, and narrows it by one of its own.
    """
    elsewhere = " https:" if shows_mails else ""
    return _policy(
        script_src=f"'self' 'unsafe-eval' {_inline('script')}",
        style_src=f"'self' 'unsafe-inline'{elsewhere}",
        img_src=f"'self' data:{elsewhere}{' http:' if shows_mails else ''}",
        font_src=f"'self'{' data:' if shows_mails else ''}{elsewhere}",
        frame_src="'self'",
    )


@cache
def errors() -> str:
    """Return the policy of error pages, which must look right without any file."""
    return _policy(
        script_src=f"'self' {_inline('script')}",
        style_src=f"'self' {_inline('style')}",
        img_src="'self' data:",
    )


@cache
def _inline(tag: str) -> str:
    """Name the error page's own script or style by its hash."""
    source = get_template("error_page.html").template.source  # type: ignore[attr-defined]
    written = re.search(rf"<{tag}>(.*?)</{tag}>", source, re.DOTALL)
    assert written is not None
    digest = b64encode(sha256(written[1].encode()).digest()).decode()
    return f"'sha256-{digest}'"


def under(policy: str) -> Callable[[Any], Callable[..., HttpResponse]]:
    """Send what a view answers with a policy of its own."""

    def decorate(view: Any) -> Callable[..., HttpResponse]:
        @wraps(view)
        def answer(*args: Any, **kwargs: Any) -> HttpResponse:
            response: HttpResponse = view(*args, **kwargs)
            response[HEADER] = policy
            return response

        return answer

    return decorate


def content_policy(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Give each response that came without a policy the one of its place."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if HEADER not in response:
            response[HEADER] = _of_place(request, response)
        return response

    return answer


def _of_place(request: HttpRequest, response: HttpResponse) -> str:
    match = request.resolver_match
    if match is not None and match.app_name == "admin":
        return office()
    return PAGES if response.status_code < 400 else errors()

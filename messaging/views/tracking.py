import base64

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.views import View

from messaging.services.machines import Visit
from messaging.services.tracking import follow, note_opening
from messaging.views.public import unknown_page

_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_PREFETCH_HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


class LinkView(View):
    """A counted link: leads on to the address that stands in the mail's template."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        target = follow(token, _visit(request))
        if target is None:
            return unknown_page(request)
        return _untold(HttpResponseRedirect(target))


class PixelView(View):
    """The picture of a mail; the same for every token, known or not."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        note_opening(token, _visit(request))
        return _untold(HttpResponse(_PIXEL, content_type="image/gif"))


def _visit(request: HttpRequest) -> Visit:
    asked = " ".join(request.headers.get(name, "") for name in _PREFETCH_HEADERS)
    return Visit(
        method=request.method or "",
        agent=request.headers.get("User-Agent", ""),
        is_prefetch="pre" in asked.lower(),
        at=timezone.now(),
    )


def _untold(response: HttpResponse) -> HttpResponse:
    """Let no cache keep the answer, and no page hear of the token."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response

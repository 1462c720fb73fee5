import base64

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views import View

from messaging.services.tracking import follow, note_opening
from messaging.views.public import unknown_page, visit_of

_PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


class LinkView(View):
    """A counted link: leads on to the address that stands in the mail's template."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        target = follow(token, visit_of(request))
        if target is None:
            return unknown_page(request)
        return _untold(HttpResponseRedirect(target))


class PixelView(View):
    """The picture of a mail; the same for every token, known or not."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        note_opening(token, visit_of(request))
        return _untold(HttpResponse(_PIXEL, content_type="image/gif"))


def _untold(response: HttpResponse) -> HttpResponse:
    """Let no cache keep the answer, and no page hear of the token."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response

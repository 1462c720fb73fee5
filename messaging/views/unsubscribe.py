from django.http import HttpRequest, HttpResponse
from django.views import View

from messaging.services.content import preferences_url
from messaging.services.unsubscribing import subscribe_again, unsubscribe
from messaging.views.public import delivery_of, evidence_of, public_page

ONE_CLICK = "One-Click"
AGAIN = "subscribe-again"
PAGE = "messaging/unsubscribe.html"


class UnsubscribeView(View):
    """The page behind the link in a mail; looking at it changes nothing.

    A mailbox that offers its own button posts List-Unsubscribe=One-Click without
    cookies (RFC 8058), and so does the button on the page.
    """

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._page(request, token, "ask")

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        delivery = delivery_of("unsubscribe", token)
        wish = request.POST.get("List-Unsubscribe", "")
        if delivery is None or wish not in (ONE_CLICK, AGAIN):
            return self._page(request, token, "ask", status=400)
        if wish == ONE_CLICK:
            unsubscribe(delivery, evidence=evidence_of(request))
            return self._page(request, token, "done")
        subscribe_again(delivery, evidence=evidence_of(request))
        return self._page(request, token, "again")

    def _page(
        self, request: HttpRequest, token: str, stage: str, status: int = 200
    ) -> HttpResponse:
        delivery = delivery_of("unsubscribe", token)
        return public_page(
            request,
            PAGE,
            delivery,
            status,
            stage=stage,
            preferences_url=preferences_url(delivery.pk) if delivery else "",
        )

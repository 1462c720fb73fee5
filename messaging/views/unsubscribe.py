from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import View

from marketing_os.lib.tokens import read_token
from messaging.models import Delivery
from messaging.services.unsubscribing import subscribe_again, unsubscribe

ONE_CLICK = "One-Click"
AGAIN = "subscribe-again"


class UnsubscribeView(View):
    """The page behind the link in a mail; looking at it changes nothing.

    A mailbox that offers its own button posts List-Unsubscribe=One-Click without
    cookies (RFC 8058), and so does the button on the page.
    """

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return _page(request, _delivery(token), "ask")

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        delivery = _delivery(token)
        wish = request.POST.get("List-Unsubscribe", "")
        if delivery is None or wish not in (ONE_CLICK, AGAIN):
            return _page(request, delivery, "ask", status=400)
        evidence = request.headers.get("User-Agent", "")[:200]
        if wish == ONE_CLICK:
            unsubscribe(delivery, evidence=evidence)
            return _page(request, delivery, "done")
        subscribe_again(delivery, evidence=evidence)
        return _page(request, delivery, "again")


def _delivery(token: str) -> Delivery | None:
    numbers = read_token("unsubscribe", token, 1)
    return Delivery.objects.filter(pk=numbers[0]).first() if numbers else None


def _page(
    request: HttpRequest, delivery: Delivery | None, stage: str, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "stage": stage if delivery else "unknown",
        "company": settings.DEFAULT_FROM_NAME,
        "address": _masked(delivery.address) if delivery else "",
    }
    response = render(
        request,
        "messaging/unsubscribe.html",
        context,
        status=status if delivery else 404,
    )
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def _masked(address: str) -> str:
    """Show enough for the owner, and too little for whom a mail was forwarded to."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}•••{at}{domain}" if at else ""

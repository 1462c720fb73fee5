"""What the pages behind the links of a mail share."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from marketing_os.lib.tokens import read_token
from messaging.models import Delivery
from messaging.services.machines import Visit

EVIDENCE_CHARACTERS = 200
_PREFETCH_HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


def delivery_of(purpose: str, token: str) -> Delivery | None:
    """Return the delivery that a token of this purpose names, or None."""
    numbers = read_token(purpose, token, 1)
    if numbers is None:
        return None
    return (
        Delivery.objects.filter(pk=numbers[0])
        .select_related("customer", "dispatch")
        .first()
    )


def evidence_of(request: HttpRequest) -> str:
    """Return what proves how a choice was made."""
    agent = request.headers.get("User-Agent", "")
    return agent.replace("\0", "")[:EVIDENCE_CHARACTERS]


def visit_of(request: HttpRequest, *, is_signed: bool = False) -> Visit:
    """Return what tells whether a person made a request."""
    asked = " ".join(request.headers.get(name, "") for name in _PREFETCH_HEADERS)
    return Visit(
        method=request.method or "",
        agent=request.headers.get("User-Agent", ""),
        is_prefetch="pre" in asked.lower(),
        at=timezone.now(),
        is_signed=is_signed,
    )


def public_page(
    request: HttpRequest,
    template: str,
    delivery: Delivery | None,
    status: int = 200,
    **context: Any,
) -> HttpResponse:
    """Show a page to whoever has the link; without a delivery, that it leads nowhere."""
    if delivery is None:
        return unknown_page(request)
    shown = {"address": masked(delivery.address), **context}
    return _page(request, template, status, shown)


def unknown_page(request: HttpRequest) -> HttpResponse:
    """Say that a link leads nowhere, without a hint why."""
    return _page(request, "messaging/public_unknown.html", 404, {})


def _page(
    request: HttpRequest, template: str, status: int, context: dict[str, Any]
) -> HttpResponse:
    shown = {"company": settings.DEFAULT_FROM_NAME, **context}
    response = render(request, template, shown, status=status)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response


def masked(address: str) -> str:
    """Show enough for the owner, and too little for whom a mail was forwarded to."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}•••{at}{domain}" if at else ""

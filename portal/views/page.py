"""What every page of the portal is sent with."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def personal_page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render what only one person is to see: no cache keeps it, no other site hears."""
    shown = {"company": settings.DEFAULT_FROM_NAME, **context}
    response = render(request, template, shown, status=status)
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response

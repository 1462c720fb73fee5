from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views import View

from customers.models import MemberWish
from customers.services import fetch_copy
from customers.services.wishes import MOST_FETCHES
from messaging.views.public import masked
from portal.members import copy_of
from portal.views.page import personal_page


class CopyView(View):
    """The page behind the link to a copy of all data; only its button downloads it."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        wish = copy_of(token)
        return copy_page(request, wish) if wish else no_copy(request)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        wish = copy_of(token)
        if wish is None:
            return no_copy(request)
        text = fetch_copy(wish)
        if text is None:
            return copy_page(request, wish, status=429)
        name = _("my-data-%s.json") % wish.pk
        response = HttpResponse(text, content_type="application/json; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "no-store"
        return response


def copy_page(
    request: HttpRequest, wish: MemberWish, *, status: int = 200
) -> HttpResponse:
    context = {
        "address": masked(wish.customer.email),
        "left": max(0, MOST_FETCHES - wish.fetches) if status == 200 else 0,
        "days": settings.MEMBER_COPY_DAYS,
    }
    return personal_page(request, "portal/copy.html", context, status=status)


def no_copy(request: HttpRequest) -> HttpResponse:
    return personal_page(request, "portal/no_copy.html", {}, status=404)

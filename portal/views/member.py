from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.views import View

from customers.models import Customer
from messaging.views.public import masked
from portal.members import forget_member, keep_member, member_of, receiver_of
from portal.views.page import personal_page


class MemberView(View):
    """A page of the member whose session the browser holds: `self.member`.

    Each answer makes the session last from now on.
    """

    member: Customer

    def dispatch(
        self, request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        member = member_of(request)
        if member is None:
            return no_session(request)
        self.member = member
        response = super().dispatch(request, *args, **kwargs)
        keep_member(response, member)
        return response


class LinkView(View):
    """The page behind the link of a mail; only its button opens the session.

    Programs that look through mails follow links, but press no buttons.
    """

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._for_receiver(request, token, self._ask)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._for_receiver(request, token, self._open)

    def _for_receiver(
        self,
        request: HttpRequest,
        token: str,
        answer: Callable[[HttpRequest, Customer], HttpResponse],
    ) -> HttpResponse:
        receiver = receiver_of(token)
        if receiver is None:
            return personal_page(request, "portal/no_link.html", {}, status=404)
        return answer(request, receiver)

    def _ask(self, request: HttpRequest, receiver: Customer) -> HttpResponse:
        context = {"address": masked(receiver.email)}
        return personal_page(request, "portal/come_in.html", context)

    def _open(self, request: HttpRequest, receiver: Customer) -> HttpResponse:
        response = redirect("portal:notifications")
        keep_member(response, receiver)
        return response


class OutView(View):
    """Ends the session in this browser."""

    def post(self, request: HttpRequest) -> HttpResponse:
        response = personal_page(request, "portal/no_session.html", {"is_out": True})
        forget_member(response)
        return response


def no_session(request: HttpRequest) -> HttpResponse:
    """Say that nobody is signed in here, and how to come in."""
    return personal_page(request, "portal/no_session.html", {}, status=403)

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from customers.models import Customer
from marketing_os.lib.hints import wake
from portal.forms import MessageForm
from portal.members import member_of
from portal.models import PublicPage
from portal.services import TooManyMessages, take_message
from portal.tasks import handle_visitor_messages
from portal.texts import personal_text
from portal.visitors import customer_with, visitor_of


@method_decorator(never_cache, name="dispatch")
class HomeView(View):
    """The public page; who writes here gets the same answer as everybody else.

    Only a customer who is signed in, and everybody in a demo, gets a personal one.
    """

    def get(self, request: HttpRequest) -> HttpResponse:
        return home_page(request, MessageForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = MessageForm(request.POST)
        if not form.is_valid():
            return home_page(request, form, status=400)
        signed = member_of(request)
        if not form.is_trapped:
            try:
                take_message(
                    name=form.cleaned_data["name"],
                    email=form.cleaned_data["email"],
                    message=form.cleaned_data["message"],
                    visitor=visitor_of(request),
                    signed=signed,
                )
            except TooManyMessages as error:
                form.add_error(None, str(error))
                return home_page(request, form, status=429)
            wake(handle_visitor_messages)
        if settings.PUBLIC_DEMO and signed is None:
            return status_page(request, customer_with(form.cleaned_data["email"]))
        return status_page(request, signed) if signed else thanks_page(request)


def home_page(
    request: HttpRequest, form: MessageForm, *, status: int = 200
) -> HttpResponse:
    context = {"public": PublicPage.current(), "form": form}
    return page(request, "portal/home.html", context, status=status)


def thanks_page(request: HttpRequest) -> HttpResponse:
    text = PublicPage.current().neutral
    return page(request, "portal/result.html", {"text": text})


def status_page(request: HttpRequest, customer: Customer | None) -> HttpResponse:
    """Show a customer's status with its text; somebody who is none is new."""
    standing, text = personal_text(PublicPage.current(), customer)
    return page(request, "portal/result.html", {"text": text, "standing": standing})


def page(
    request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a public page, which asks nobody else for anything."""
    shown = {"company": settings.DEFAULT_FROM_NAME, **context}
    response = render(request, template, shown, status=status)
    response["Referrer-Policy"] = "same-origin"
    if "standing" in context:
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex"
    return response

from django.http import HttpRequest, HttpResponse
from django.views import View

from messaging.services.content import unsubscribe_url
from messaging.services.preferences import (
    Chooser,
    end_pause,
    pause,
    preferences_of,
    save_preferences,
)
from messaging.views.public import delivery_of, evidence_of, public_page

PAGE = "messaging/preferences.html"


class PreferencesView(View):
    """The page where the receiver of a mail chooses what to get; only POST changes."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        return self._page(request, token)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        delivery = delivery_of("preferences", token)
        if delivery is None:
            return self._page(request, token)
        done = choose(request, Chooser.by_link(delivery))
        return self._page(request, token, 200 if done else 400, done)

    def _page(
        self, request: HttpRequest, token: str, status: int = 200, done: str = ""
    ) -> HttpResponse:
        delivery = delivery_of("preferences", token)
        if delivery is None:
            return public_page(request, PAGE, None)
        return public_page(
            request,
            PAGE,
            delivery,
            status,
            preferences=preferences_of(Chooser.by_link(delivery)),
            unsubscribe_url=unsubscribe_url(delivery.pk),
            done=done,
        )


def choose(request: HttpRequest, chooser: Chooser) -> str:
    """Do what the button of a page of preferences says; return it, "" if it is none."""
    wish, evidence = request.POST.get("wish", ""), evidence_of(request)
    if wish == "save":
        save_preferences(
            chooser,
            topics=request.POST.getlist("topics"),
            channels=request.POST.getlist("channels"),
            evidence=evidence,
        )
    elif wish == "pause":
        pause(chooser, evidence=evidence)
    elif wish == "end-pause":
        end_pause(chooser, evidence=evidence)
    else:
        return ""
    return wish

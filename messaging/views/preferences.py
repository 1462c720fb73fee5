from django.http import HttpRequest, HttpResponse
from django.views import View

from messaging.services.content import unsubscribe_url
from messaging.services.preferences import (
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
        wish, evidence = request.POST.get("wish", ""), evidence_of(request)
        if delivery is None:
            return self._page(request, token)
        if wish == "save":
            save_preferences(
                delivery,
                topics=request.POST.getlist("topics"),
                channels=request.POST.getlist("channels"),
                evidence=evidence,
            )
        elif wish == "pause":
            pause(delivery, evidence=evidence)
        elif wish == "end-pause":
            end_pause(delivery, evidence=evidence)
        else:
            return self._page(request, token, status=400)
        return self._page(request, token, done=wish)

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
            preferences=preferences_of(delivery),
            unsubscribe_url=unsubscribe_url(delivery.pk),
            done=done,
        )

from django.http import HttpRequest, HttpResponse

from messaging.services.preferences import Chooser, preferences_of
from messaging.views.preferences import choose
from messaging.views.public import masked
from portal.views.member import MemberView
from portal.views.page import personal_page


class PreferencesView(MemberView):
    """The page where a member chooses what to get, whether or not a mail ever went."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        done = choose(request, Chooser.in_session(self.member))
        return self._page(request, 200 if done else 400, done)

    def _page(
        self, request: HttpRequest, status: int = 200, done: str = ""
    ) -> HttpResponse:
        context = {
            "member": self.member,
            "address": masked(self.member.email),
            "preferences": preferences_of(Chooser.in_session(self.member)),
            "done": done,
        }
        return personal_page(request, "portal/preferences.html", context, status=status)

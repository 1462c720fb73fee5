from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from messaging.selectors import latest_mail_to, news_of
from messaging.services.content import preferences_url
from portal.views.member import MemberView
from portal.views.page import personal_page
from portal.wishes import Wish, ask_for


class StartView(MemberView):
    """A member's own page: where everything is, and what may be asked for."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        wish = request.POST.get("wish", "")
        if wish not in Wish.values:
            return self._page(request, status=400)
        ask_for(self.member, Wish(wish))
        return redirect(f"{reverse('portal:start')}?asked={wish}")

    def _page(self, request: HttpRequest, *, status: int = 200) -> HttpResponse:
        news, mail = news_of(self.member.pk), latest_mail_to(self.member)
        asked = request.GET.get("asked", "")
        context = {
            "member": self.member,
            "unread": news.unread if news else 0,
            "preferences_url": preferences_url(mail.pk) if mail else "",
            "asked": asked if asked in Wish.values else "",
        }
        return personal_page(request, "portal/start.html", context, status=status)

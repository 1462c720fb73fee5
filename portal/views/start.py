from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from customers.models import MemberWish
from customers.services import ask_for
from marketing_os.lib.zones import zone_of_customer
from messaging.selectors import news_of
from messaging.views.public import masked
from portal.models import PublicPage
from portal.texts import personal_text
from portal.views.member import MemberView
from portal.views.page import personal_page
from portal.wishes import wishes_of


class StartView(MemberView):
    """A member's own page: where everything is, and what may be asked for."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._page(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        wish = request.POST.get("wish", "")
        if wish not in MemberWish.Kind.values:
            return self._page(request, status=400)
        ask_for(self.member, MemberWish.Kind(wish))
        return redirect(f"{reverse('portal:start')}?asked={wish}")

    def _page(self, request: HttpRequest, *, status: int = 200) -> HttpResponse:
        news = news_of(self.member.pk)
        standing, text = personal_text(PublicPage.current(), self.member)
        wishes = wishes_of(self.member)
        asked = wishes.get(request.GET.get("asked", ""))
        context = {
            "member": self.member,
            "standing": standing,
            "text": text,
            "zone": zone_of_customer(self.member.timezone),
            "unread": news.unread if news else 0,
            "asked": asked is not None and asked.is_open,
            "address": masked(self.member.email),
            "copy": wishes.get(MemberWish.Kind.COPY),
            "erase": wishes.get(MemberWish.Kind.ERASE),
        }
        return personal_page(request, "portal/start.html", context, status=status)

from urllib.parse import urlencode

from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.gzip import gzip_page

from marketing_os.lib.zones import zone_of_customer
from messaging.models import Notification
from messaging.selectors import news_of
from messaging.services.machines import Visit
from messaging.services.notifications import (
    bring_back,
    dismiss,
    follow_action,
    mark_all_read,
    mark_read,
)
from messaging.views.public import visit_of
from portal.members import member_id_of
from portal.views.member import MemberView
from portal.views.page import personal_page

PAGE = 20
ICONS = ("info", "star", "gift", "offer", "trophy", "warning", "event", "heart")


class NotificationView(MemberView):
    """What the pages about a member's own notifications share."""

    def mine(self, pk: int) -> Notification:
        """Return a notification of the member's; another's is not there."""
        return get_object_or_404(Notification, pk=pk, customer=self.member)

    def visit(self) -> Visit:
        return visit_of(self.request, is_signed=True)

    def back(self, **shown: str | int) -> HttpResponse:
        """Lead back to the page of the list that the member was on."""
        before = _number(self.request.POST.get("before", ""))
        query = urlencode(({"before": before} if before else {}) | shown)
        address = reverse("portal:notifications")
        return HttpResponseRedirect(f"{address}?{query}" if query else address)


@method_decorator(gzip_page, name="dispatch")
class ListView(NotificationView):
    def get(self, request: HttpRequest) -> HttpResponse:
        before = _number(request.GET.get("before", ""))
        shown = Notification.objects.filter(customer=self.member).shown()
        if before:
            shown = shown.filter(pk__lt=before)
        found = list(shown.order_by("-pk")[: PAGE + 1])
        news = news_of(self.member.pk)
        context = {
            "member": self.member,
            "zone": zone_of_customer(self.member.timezone),
            "notifications": found[:PAGE],
            "icons": ICONS,
            "before": before,
            "older": found[PAGE - 1].pk if len(found) > PAGE else None,
            "news": news,
            "dismissed": self._dismissed(request),
        }
        return personal_page(request, "portal/notifications.html", context)

    def _dismissed(self, request: HttpRequest) -> Notification | None:
        """Return what was dismissed just now, while it may be brought back."""
        pk = _number(request.GET.get("dismissed", ""))
        mine = Notification.objects.filter(customer=self.member)
        return mine.exclude(dismissed_at=None).filter(pk=pk).first() if pk else None


class NewsView(View):
    """Asked again and again by an open list; it makes no session last."""

    def get(self, request: HttpRequest) -> HttpResponse:
        member = member_id_of(request)
        news = news_of(member) if member else None
        if news is None:
            return JsonResponse({"detail": _("The session is over.")}, status=403)
        tag = f'"{news.unread}-{news.newest}"'
        if request.headers.get("If-None-Match") == tag:
            response = HttpResponse(status=304)
        else:
            response = JsonResponse({"unread": news.unread, "newest": news.newest})
        response["ETag"] = tag
        response["Cache-Control"] = "private, no-cache"
        return response


class ReadView(NotificationView):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        mark_read(self.mine(pk), self.visit())
        return self.back()


class ReadAllView(NotificationView):
    def post(self, request: HttpRequest) -> HttpResponse:
        mark_all_read(self.member.pk, self.visit())
        return self.back()


class DismissView(NotificationView):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        dismiss(self.mine(pk))
        return self.back(dismissed=pk)


class BringBackView(NotificationView):
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        bring_back(self.mine(pk))
        return self.back()


class Onward(HttpResponseRedirect):
    """Leads to whatever a link of a message may begin with."""

    allowed_schemes = ["http", "https", "mailto", "tel", "sms"]


class FollowView(NotificationView):
    """Leads to where a notification's link points, and counts that."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        notification = self.mine(pk)
        if not notification.action_url:
            raise Http404
        response = Onward(follow_action(notification, self.visit()))
        response["Cache-Control"] = "no-store"
        response["Referrer-Policy"] = "no-referrer"
        return response


def _number(text: str) -> int | None:
    """Read an ID of an address; what is none counts as not given."""
    is_number = text.isascii() and text.isdigit() and len(text) < 19
    return int(text) or None if is_number else None

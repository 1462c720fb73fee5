from datetime import datetime
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from customers.selectors import search_rows
from marketing_os.lib.admin import ReadOnlyAdmin, display
from marketing_os.lib.errors import DomainError
from marketing_os.lib.hints import wake
from messaging import explanations
from messaging.admin.badges import delivery_badge
from messaging.admin.delivery_filters import DeliveryFilterSet
from messaging.admin.links import SENSITIVE_MAIL, may_read_mail, origin_of
from messaging.channels.base import ImpossibleMailError
from messaging.channels.mime import headers_of, readable
from messaging.frames import framed_mail
from messaging.models import (
    Delivery,
    DeliveryContent,
    MessageTemplate,
    Notification,
)
from messaging.services import history
from messaging.services.content import remake, shown_html
from messaging.services.deliveries import PATIENCE, mark_as_sent, send_again
from messaging.tasks import send_due_messages
from messaging.templating.render import RenderError

VERBS = {
    "sent": (mark_as_sent, gettext_lazy("Marked as sent.")),
    "again": (send_again, gettext_lazy("The message will be sent again.")),
}
_ICONS = {
    history.DELIVERED: "mark_email_read",
    history.OPENED: "drafts",
    history.CLICKED: "ads_click",
    history.BOUNCED: "undo",
    history.COMPLAINED: "report",
    history.UNSUBSCRIBED: "unsubscribe",
}


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    list_display = (
        "customer_name",
        "address",
        "state_badge",
        "reason",
        "dispatch_name",
        "created_at",
        "accepted_at",
    )
    list_display_links = ("customer_name",)
    list_select_related = ("customer", "dispatch")
    search_fields = ("customer__email",)  # get_search_results asks the search vector
    search_placeholder = gettext_lazy("Name, e-mail, mobile or lead ID of the customer")
    sortable_by = ()
    filterset_class = DeliveryFilterSet
    page_template = "messaging/delivery.html"
    empty_title = gettext_lazy("There are no messages yet.")
    empty_hint = gettext_lazy(
        "Activate an automation, or send one now; every message it meant to send is"
        " listed here, sent or not."
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return search_rows(queryset, search_term), False

    @display(description=gettext_lazy("customer"))
    def customer_name(self, delivery: Delivery) -> str:
        return str(delivery.customer)

    @display(description=gettext_lazy("dispatch"))
    def dispatch_name(self, delivery: Delivery) -> str:
        return delivery.dispatch.name

    @display(description=gettext_lazy("state"))
    def state_badge(self, delivery: Delivery) -> SafeString:
        return delivery_badge(delivery)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path(
                "<int:pk>/mail/", wrap(self.mail_view), name="messaging_delivery_mail"
            ),
            path(
                "<int:pk>/settle/<str:verb>/",
                wrap(require_POST(self.settle_view)),
                name="messaging_delivery_settle",
            ),
        ]
        return own + super().get_urls()  # type: ignore[no-any-return]

    def page_context(self, request: HttpRequest, obj: Delivery) -> dict[str, Any]:
        decidable_at = obj.lease_until + PATIENCE if obj.lease_until else None
        return {
            "delivery": obj,
            "origin": origin_of(obj.dispatch.source_key),
            "badge": delivery_badge(obj),
            "why": explanations.explain(obj),
            "story": _story(obj),
            "is_unknown": obj.state == Delivery.State.UNKNOWN,
            "decidable_at": decidable_at,
            "is_decidable": decidable_at is None or decidable_at < timezone.now(),
            "may_settle": request.user.has_perm("messaging.change_delivery"),
            **_mail_context(request, obj),
        }

    def mail_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        content = DeliveryContent.objects.filter(delivery=pk).first()
        if content is None:
            raise Http404
        if not may_read_mail(request, pk):
            raise PermissionDenied
        try:
            return framed_mail(shown_html(content))
        except RenderError as error:
            raise Http404 from error

    def settle_view(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        if not request.user.has_perm("messaging.change_delivery"):
            raise PermissionDenied
        delivery = Delivery.objects.filter(pk=pk).first()
        if delivery is None or verb not in VERBS:
            raise Http404
        service, words = VERBS[verb]
        try:
            service(delivery, by=request.user)  # type: ignore[arg-type]
        except DomainError as error:
            messages.error(request, str(error))
        else:
            self.log_change(request, delivery, str(words))
            messages.success(request, str(words))
            wake(send_due_messages)
        return redirect("admin:messaging_delivery_change", pk)


def _story(delivery: Delivery) -> list[dict[str, Any]]:
    """Tell what happened to a delivery, in the order of time."""
    marks = (
        (delivery.created_at, "playlist_add", _("Put on the list of the dispatch")),
        (_due_at(delivery), "schedule", _("Due")),
        (
            delivery.first_sending_at,
            "outgoing_mail",
            _("First handed to the mail server"),
        ),
        (delivery.accepted_at, "check_circle", _taken(delivery)),
    )
    story = [
        {"at": at, "icon": icon, "title": title} for at, icon, title in marks if at
    ]
    for event in delivery.events.select_related("link").order_by("pk"):
        machine = explanations.MACHINES.get(event.data.get("machine", ""), "")
        story.append(
            {
                "at": event.occurred_at,
                "icon": _ICONS.get(event.kind, "history"),
                "title": explanations.EVENTS.get(event.kind, event.kind),
                "machine": machine,
                "details": [
                    event.link.url if event.link else "",
                    event.data.get("detail", ""),
                    machine,
                ],
            }
        )
    return sorted(story, key=lambda entry: entry["at"])


def _taken(delivery: Delivery) -> str:
    if delivery.channel == MessageTemplate.Channel.IN_APP:
        return _("Put into the notification centre")
    return _("Taken by the mail server")


def _due_at(delivery: Delivery) -> datetime | None:
    return delivery.due_at if delivery.state == Delivery.State.PENDING else None


def _mail_context(request: HttpRequest, delivery: Delivery) -> dict[str, Any]:
    """Make the mail again from its frozen values, as it was or would be sent."""
    content = (
        DeliveryContent.objects.filter(delivery=delivery)
        .select_related("version__template", "delivery")
        .first()
    )
    if content is None:
        return {}
    if not may_read_mail(request, delivery.pk):
        return {"content": content, "mail_problem": str(SENSITIVE_MAIL)}
    if delivery.channel == MessageTemplate.Channel.IN_APP:
        found = Notification.objects.filter(delivery=delivery).first()
        return {"content": content, "notification": found}
    try:
        mail, is_same = remake(content)
        headers = [(name, readable(value)) for name, value in headers_of(mail)]
    except (RenderError, ImpossibleMailError) as error:
        return {"content": content, "mail_problem": str(error)}
    return {"content": content, "mail": mail, "headers": headers, "is_same": is_same}

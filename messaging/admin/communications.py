from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter, ModelChoiceFilter

from customers.models import Customer
from marketing_os.lib.admin import ReadOnlyAdmin, display
from marketing_os.lib.filters import FromDayFilter, SearchFilterSet, ToDayFilter
from messaging.models import CommunicationLog, Delivery, MessageTemplate

Status = CommunicationLog.Status
_State = Delivery.State
_FAILED = Q(state__in=(_State.REJECTED, _State.BOUNCED, _State.UNKNOWN))
_UNREAD = ~_FAILED & Q(opened_at=None, clicked_at=None)
# The same as the view says in `status`, by columns that have indexes.
_CONDITIONS = {
    Status.FAILED: _FAILED,
    Status.CLICKED: ~_FAILED & Q(clicked_at__isnull=False),
    Status.OPENED: ~_FAILED & Q(opened_at__isnull=False, clicked_at=None),
    Status.DELIVERED: _UNREAD & Q(state__in=(_State.DELIVERED, _State.COMPLAINED)),
    Status.SENT: _UNREAD & Q(state=_State.ACCEPTED),
}
_TONES = {Status.FAILED: "danger", Status.SENT: "info"}


class CommunicationFilterSet(SearchFilterSet):
    status = ChoiceFilter(
        method="by_status",
        label=_("Status"),
        empty_label=_("Any"),
        choices=Status.choices,
    )
    channel = ChoiceFilter(
        label=_("Channel"),
        empty_label=_("Any"),
        choices=MessageTemplate.Channel.choices,
    )
    template = ModelChoiceFilter(
        "message_template",
        label=_("Template"),
        empty_label=_("Any"),
        queryset=MessageTemplate.objects.all(),
    )
    from_day = FromDayFilter("sent_at", label=_("Sent from"))
    to_day = ToDayFilter("sent_at", label=_("Sent to"))

    def by_status(
        self, qs: QuerySet[CommunicationLog], name: str, value: str
    ) -> QuerySet[CommunicationLog]:
        return qs.filter(_CONDITIONS[Status(value)])


@admin.register(CommunicationLog)
class CommunicationLogAdmin(ReadOnlyAdmin):
    list_display = (
        "recipient_name",
        "channel",
        "template",
        "status_badge",
        "error_message",
        "sent_at",
    )
    list_display_links = ("recipient_name",)
    search_fields = ("recipient",)  # get_search_results asks the search vector
    search_placeholder = _("Name, e-mail, mobile or lead ID of the customer")
    sortable_by = ()
    filterset_class = CommunicationFilterSet
    exported = (
        "channel",
        "template",
        "recipient",
        "sent_at",
        "status",
        "error_message",
        "event_data",
    )
    empty_title = _("Nothing was sent yet.")
    empty_hint = _(
        "Each message that goes out, on whatever channel, is listed here with what"
        " became of it."
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        found = Customer.objects.search(search_term).filter(pk=OuterRef("customer_id"))
        return queryset.filter(Exists(found)), False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Lead to the page of the delivery, which tells all there is."""
        return redirect("admin:messaging_delivery_change", object_id)

    @display(description=_("recipient"))
    def recipient_name(self, entry: CommunicationLog) -> str:
        return entry.recipient or f"#{entry.customer_id}"

    @display(description=_("status"))
    def status_badge(self, entry: CommunicationLog) -> SafeString:
        tone = _TONES.get(Status(entry.status), "good")
        return format_html(
            '<span class="mos-badge mos-badge-{}">{}</span>',
            tone,
            entry.get_status_display(),
        )

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from customers.admin.rows import KnownFilter
from marketing_os.lib.admin import ReadOnlyAdmin, display
from marketing_os.lib.filters import FromDayFilter, SearchFilterSet, ToDayFilter
from portal.models import VisitorMessage


class MessageFilterSet(SearchFilterSet):
    sender = KnownFilter(
        gettext_lazy("Address"),
        customer=gettext_lazy("Of a customer"),
        nobody=gettext_lazy("Of nobody known"),
    )
    from_day = FromDayFilter("sent_at", label=gettext_lazy("Sent from"))
    to_day = ToDayFilter("sent_at", label=gettext_lazy("Sent to"))


@admin.register(VisitorMessage)
class VisitorMessageAdmin(ReadOnlyAdmin):
    list_display = ("name", "email", "beginning", "customer", "sent_at")
    list_select_related = ("customer",)
    fields = ("name", "email", "customer", "is_signed", "sent_at", "message")
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("email", "name")  # get_search_results asks for the prefix instead
    search_placeholder = gettext_lazy("Beginning of the e-mail or the name")
    filterset_class = MessageFilterSet
    exported = (
        "name",
        "email",
        "customer_id",
        "is_signed",
        "sent_at",
        "message",
    )
    empty_title = gettext_lazy("Nobody has written yet.")
    empty_hint = gettext_lazy(
        "What visitors write on the public page arrives here, and on the page of the "
        "customer whose address they gave."
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[VisitorMessage], search_term: str
    ) -> tuple[QuerySet[VisitorMessage], bool]:
        begins = search_term.replace("\0", "").strip().lower()
        if not begins:
            return queryset, False
        # Written so that the indexes on what is in lower case serve it.
        found = queryset.alias(address=Lower("email"), called=Lower("name"))
        wanted = Q(address__startswith=begins) | Q(called__startswith=begins)
        return found.filter(wanted), False

    @display(description=gettext_lazy("Message"))
    def beginning(self, message: VisitorMessage) -> str:
        text = " ".join(message.message.split())
        return f"{text[:79]}…" if len(text) > 80 else text

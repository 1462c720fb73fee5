from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_filters import ChoiceFilter

from customers.admin.rows import WHO, CustomerRowsAdmin
from customers.consent_target import CHANNELS
from customers.models import Consent
from imports.admin import ImportMixin
from marketing_os.lib.admin import display
from marketing_os.lib.distinct import distinct_values
from marketing_os.lib.filters import (
    FromDayFilter,
    SearchFilterSet,
    SuggestFilter,
    ToDayFilter,
)

CHANNEL_NAMES = {
    "": _("All channels"),
    "email": _("E-mail"),
    "sms": _("SMS"),
    "whatsapp": _("WhatsApp"),
    "in_app": _("In-app notification"),
}


class AnswerFilter(ChoiceFilter):
    def filter(self, qs: QuerySet[Consent], value: str) -> QuerySet[Consent]:
        return qs.filter(granted=value == "yes") if value in ("yes", "no") else qs


class ConsentFilterSet(SearchFilterSet):
    channel = ChoiceFilter(
        label=_("Channel"),
        empty_label=_("Any"),
        choices=[(name, CHANNEL_NAMES[name]) for name in CHANNELS],
    )
    answer = AnswerFilter(
        label=_("Decision"),
        empty_label=_("Any"),
        choices=(("yes", _("Agreed")), ("no", _("Declined"))),
    )
    source = SuggestFilter(
        "source",
        label=_("Source"),
        suggestions=lambda: distinct_values(Consent, "source"),
    )
    from_day = FromDayFilter("occurred_at", label=_("Decided from"))
    to_day = ToDayFilter("occurred_at", label=_("Decided to"))


@admin.register(Consent)
class ConsentAdmin(ImportMixin, CustomerRowsAdmin):
    import_target = "consents"
    list_display = (
        "occurred_at",
        "customer_name",
        "channel_name",
        "topic",
        "answer",
        "source",
    )
    sortable_by = ("occurred_at",)
    filterset_class = ConsentFilterSet
    exported = (
        *WHO,
        "channel",
        "topic",
        "granted",
        "source",
        "evidence",
        "occurred_at",
        "recorded_at",
    )
    page_template = "admin/customers/consent.html"
    empty_title = _("Nobody was asked for consent yet.")
    empty_hint = _(
        "Decisions come with unsubscribe links, from other systems, or from a CSV file;"
        " none is ever changed, and the last one counts."
    )

    @display(description=_("Channel"))
    def channel_name(self, consent: Consent) -> Any:
        return CHANNEL_NAMES.get(consent.channel, consent.channel)

    @display(
        description=_("Decision"),
        label={_("Agreed"): "success", _("Declined"): "danger"},
    )
    def answer(self, consent: Consent) -> Any:
        return _("Agreed") if consent.granted else _("Declined")

    def page_context(self, request: HttpRequest, obj: Consent) -> dict[str, Any]:
        others = Consent.objects.filter(customer_id=obj.customer_id).last_first()
        return {
            "consent": obj,
            "channel": self.channel_name(obj),
            "others": others.exclude(pk=obj.pk)[:50],
        }

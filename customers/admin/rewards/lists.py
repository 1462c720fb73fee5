from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_filters import ChoiceFilter

from customers.admin.rows import WHO, CustomerRowsAdmin
from customers.models import CreditEntry, MemberOffer
from marketing_os.lib.admin import display
from marketing_os.lib.distinct import distinct_values
from marketing_os.lib.filters import (
    FromDayFilter,
    SearchFilterSet,
    SuggestFilter,
    ToDayFilter,
)

USABLE, USED, EXPIRED = "usable", "used", "expired"


def state_of(offer: MemberOffer) -> str:
    """Name what can still be done with an offer: usable, used or expired."""
    if offer.is_used:
        return USED
    return EXPIRED if offer.is_expired else USABLE


class OfferStateFilter(ChoiceFilter):
    def filter(self, qs: QuerySet[MemberOffer], value: str) -> QuerySet[MemberOffer]:
        if not value:
            return qs
        if value == USED:
            return qs.filter(is_used=True)
        over = Q(expiry_date__lt=localdate())
        good = Q(expiry_date=None) | Q(expiry_date__gte=localdate())
        return qs.filter(over if value == EXPIRED else good, is_used=False)


class OfferFilterSet(SearchFilterSet):
    offer_code = SuggestFilter(
        "offer_code",
        label=gettext_lazy("Offer code"),
        suggestions=lambda: distinct_values(MemberOffer, "offer_code"),
    )
    state = OfferStateFilter(
        label=gettext_lazy("State"),
        empty_label=gettext_lazy("Any"),
        choices=(
            (USABLE, gettext_lazy("Can be used")),
            (USED, gettext_lazy("Used")),
            (EXPIRED, gettext_lazy("Expired")),
        ),
    )
    from_day = FromDayFilter("applied_at", label=gettext_lazy("Offered from"))
    to_day = ToDayFilter("applied_at", label=gettext_lazy("Offered to"))


class DirectionFilter(ChoiceFilter):
    def filter(self, qs: QuerySet[CreditEntry], value: str) -> QuerySet[CreditEntry]:
        if not value:
            return qs
        return qs.filter(amount__gt=0) if value == "given" else qs.filter(amount__lt=0)


class CreditFilterSet(SearchFilterSet):
    direction = DirectionFilter(
        label=gettext_lazy("Booking"),
        empty_label=gettext_lazy("Any"),
        choices=(
            ("given", gettext_lazy("Given")),
            ("withdrawn", gettext_lazy("Withdrawn")),
        ),
    )
    from_day = FromDayFilter("created_at", label=gettext_lazy("Booked from"))
    to_day = ToDayFilter("created_at", label=gettext_lazy("Booked to"))


class RewardsAdmin(CustomerRowsAdmin):
    """Leads from each row to its customer, on whose page all of them stand."""

    ordering = ("-id",)
    sortable_by = ()

    def row_url(self, row: Any) -> str:
        return str(row.customer.get_absolute_url())


@admin.register(MemberOffer)
class MemberOfferAdmin(RewardsAdmin):
    list_display = (
        "customer_name",
        "offer_code",
        "state",
        "expiry_date",
        "applied_at",
        "used_at",
    )
    filterset_class = OfferFilterSet
    exported = (
        *WHO,
        "offer_code",
        "description",
        "expiry_date",
        "is_used",
        "applied_at",
        "used_at",
    )
    empty_title = gettext_lazy("Nobody was offered anything yet.")
    empty_hint = gettext_lazy(
        "Workflows offer discounts, other systems publish offers, and the list of "
        "customers imports them from a CSV file."
    )

    @display(
        description=gettext_lazy("State"),
        label={
            gettext_lazy("Can be used"): "success",
            gettext_lazy("Used"): "info",
            gettext_lazy("Expired"): "warning",
        },
    )
    def state(self, offer: MemberOffer) -> str:
        words = {USABLE: _("Can be used"), USED: _("Used"), EXPIRED: _("Expired")}
        return words[state_of(offer)]


@admin.register(CreditEntry)
class CreditEntryAdmin(RewardsAdmin):
    list_display = ("customer_name", "amount", "reason", "booked_by", "created_at")
    list_select_related = ("customer", "booked_by")  # type: ignore[assignment]
    filterset_class = CreditFilterSet
    exported = (*WHO, "amount", "reason", "booked_by", "created_at")
    empty_title = gettext_lazy("No credits were booked yet.")
    empty_hint = gettext_lazy(
        "Workflows grant credits, staff book them on the page of a customer, and other "
        "systems publish them."
    )

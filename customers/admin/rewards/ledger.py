"""The ledger of a customer's credits, and the form that books by hand."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import selectors
from customers.models import Customer, MemberOffer
from customers.services.rewards import (
    LONGEST_REASON,
    MOST_CREDITS,
    book_by_hand,
    use_offer,
)
from marketing_os.lib.admin import INPUT_CLASSES
from marketing_os.lib.admin_site import site_page
from marketing_os.lib.errors import DomainError
from marketing_os.lib.registry import registry

_ROWS = 50
_LARGEST_ID = 2**63 - 1


class BookingForm(forms.Form):
    """Asks how much, and why; the key makes two presses one booking."""

    amount = forms.DecimalField(
        label=gettext_lazy("Credits"),
        min_value=Decimal("0.01"),
        max_value=MOST_CREDITS,
        decimal_places=2,
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=LONGEST_REASON)
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("amount", "reason"):
            self.fields[name].widget.attrs["class"] = " ".join(INPUT_CLASSES)


def ledger_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Show all bookings with the balance after each, and book one more."""
    customer = _customer(request, pk, "customers.view_creditentry")
    may_book = request.user.has_perm("customers.add_creditentry")
    form = BookingForm()
    if request.method == "POST":
        if not may_book:
            raise PermissionDenied
        form = BookingForm(request.POST)
        if form.is_valid() and _book(request, customer, form):
            url = reverse("admin:customers_customer_credits", args=(customer.pk,))
            return HttpResponseRedirect(url)
    page = Paginator(selectors.credit_ledger(customer), _ROWS).get_page(
        request.GET.get("p")
    )
    context = {
        "title": _("Credits of %(name)s") % {"name": customer},
        "customer": customer,
        "balance": selectors.credit_balance(customer) or 0,
        "page": page,
        "entries": page.object_list,
        "form": form,
        "may_book": may_book and not customer.erased_at,
    }
    return site_page(request, "admin/customers/ledger.html", context)


def use_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark an offer as used, as its customer's page asks."""
    if not request.user.has_perm("customers.change_memberoffer"):
        raise PermissionDenied
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    offer = get_object_or_404(MemberOffer, pk=min(pk, _LARGEST_ID))
    try:
        use_offer(offer)
        messages.success(request, _("“%s” is marked as used.") % offer)
    except DomainError as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(f"{offer.customer.get_absolute_url()}#panel-offers")


def _book(request: HttpRequest, customer: Customer, form: BookingForm) -> bool:
    values = form.cleaned_data
    is_withdrawal = request.POST.get("direction") == "withdraw"
    try:
        booked = book_by_hand(
            customer,
            -values["amount"] if is_withdrawal else values["amount"],
            reason=values["reason"],
            key=str(values["key"]),
            by=request.user,  # type: ignore[arg-type]
        )
    except DomainError as error:
        form.add_error("amount", str(error))
        return False
    messages.success(request, _("%s credits are booked.") % f"{booked.amount:+,.2f}")
    return True


def _customer(request: HttpRequest, pk: int, permission: str) -> Customer:
    if not request.user.has_perms((permission, "customers.view_customer")):
        raise PermissionDenied
    # What is no number of ours is nobody's.
    return get_object_or_404(Customer, pk=min(pk, _LARGEST_ID))


def reward_urls() -> list[URLPattern]:
    """Return the addresses of the ledger and of marking an offer as used."""
    wrap = admin.site.admin_view
    return [
        path(
            "customers/customer/<int:pk>/credits/",
            wrap(ledger_view),
            name="customers_customer_credits",
        ),
        path(
            "customers/memberoffer/<int:pk>/use/",
            wrap(use_view),
            name="customers_memberoffer_use",
        ),
    ]


registry.admin_pages.append(reward_urls)

"""Offers and credits on the page of a customer."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from customers import selectors
from customers.admin.rewards.lists import state_of
from customers.models import MemberOffer
from marketing_os.lib.registry import Panel, registry

_ROWS = 10


def offers_panel(request: HttpRequest, customer: Any) -> dict[str, Any] | None:
    if not request.user.has_perm("customers.view_memberoffer"):
        return None
    found = list(MemberOffer.objects.filter(customer=customer)[: _ROWS + 1])
    if not found:
        return None
    return {
        "rows": [(offer, state_of(offer)) for offer in found[:_ROWS]],
        "has_more": len(found) > _ROWS,
        "may_use": request.user.has_perm("customers.change_memberoffer"),
    }


def credits_panel(request: HttpRequest, customer: Any) -> dict[str, Any] | None:
    may_book = request.user.has_perm("customers.add_creditentry")
    if not request.user.has_perm("customers.view_creditentry"):
        return None
    found: list[Any] = list(selectors.credit_ledger(customer)[: _ROWS + 1])
    if not found and not may_book:
        return None
    return {
        "entries": found[:_ROWS],
        "has_more": len(found) > _ROWS,
        "balance": found[0].balance if found else 0,
        "may_book": may_book and not customer.erased_at,
        "customer": customer,
    }


registry.customer_panels += [
    Panel("offers", _("Offers"), "admin/customers/offers.html", offers_panel, order=20),  # type: ignore[arg-type]
    Panel("credits", _("Credits"), "admin/customers/credits.html", credits_panel, 30),  # type: ignore[arg-type]
]

"""Offers and credits: given to many at once, used, and booked by hand."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import cast

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg import sql

from customers.models import CreditEntry, Customer, MemberOffer
from imports.database import execute, fetch
from marketing_os.lib.errors import DomainError

MOST_CREDITS = 1_000_000
LONGEST_REASON = 1_000

# What has this key already was given before, and is not given again.
_OFFERS = """
WITH wanted AS (
    SELECT * FROM unnest({asked}::bigint[], {customers}::bigint[], {keys}::text[])
        AS wanted (asked, customer_id, source_key)
), given AS (
    INSERT INTO member_offers
        (member_id, offer_code, description, expiry_date, is_used, source_key)
    SELECT customer_id, {code}, '', {expires}::date, false, source_key
    FROM wanted ORDER BY customer_id
    ON CONFLICT (source_key) DO NOTHING RETURNING id, source_key
)
SELECT wanted.asked, given.id FROM given JOIN wanted USING (source_key)
"""
_CREDITS = """
INSERT INTO credit_entries (member_id, amount, reason, source_key)
SELECT customer_id, {amount}, {reason}, source_key
FROM unnest({customers}::bigint[], {keys}::text[]) AS wanted (customer_id, source_key)
ORDER BY customer_id
ON CONFLICT (source_key) DO NOTHING
"""


def give_offers(
    wanted: Sequence[tuple[int, int, str]],
    *,
    code: str,
    expires: date,
) -> dict[int, int]:
    """Give customers a discount code that is good until a day.

    `wanted` is (number, customer, source key); returns {number: offer}.
    """
    numbers, customers, keys = zip(*wanted, strict=True)
    query = sql.SQL(_OFFERS).format(
        asked=sql.Literal(list(numbers)),
        customers=sql.Literal(list(customers)),
        keys=sql.Literal(list(keys)),
        code=sql.Literal(code),
        expires=sql.Literal(expires),
    )
    return dict(cast(list[tuple[int, int]], fetch(query)))


def book_credits(
    wanted: Sequence[tuple[int, str]], *, amount: Decimal, reason: str
) -> int:
    """Book an amount for each (customer, source key); return how many were booked."""
    customers, keys = zip(*wanted, strict=True)
    query = sql.SQL(_CREDITS).format(
        customers=sql.Literal(list(customers)),
        keys=sql.Literal(list(keys)),
        amount=sql.Literal(amount),
        reason=sql.Literal(reason),
    )
    return execute(query)


@transaction.atomic
def use_offer(offer: MemberOffer) -> MemberOffer:
    """Mark an offer as used, once; one that was used or is over is refused."""
    offer = MemberOffer.objects.select_for_update().get(pk=offer.pk)
    if offer.is_used:
        when = offer.used_at.isoformat(timespec="seconds") if offer.used_at else "?"
        raise DomainError(_("This offer was used at %s.") % when)
    if offer.is_expired:
        raise DomainError(_("This offer was good until %s.") % offer.expiry_date)
    offer.is_used, offer.used_at = True, timezone.now()
    offer.save(update_fields=["is_used", "used_at"])
    return offer


@transaction.atomic
def book_by_hand(
    customer: Customer, amount: Decimal, *, reason: str, key: str, by: User
) -> CreditEntry:
    """Give a customer credits, or with an amount below 0 withdraw some.

    What has this key already was booked before and is returned as it is. No more is
    withdrawn than is there.
    """
    reason = reason.strip()
    # Two withdrawals at once must not both find the same balance.
    customer = Customer.objects.select_for_update().get(pk=customer.pk)
    if booked := CreditEntry.objects.filter(source_key=f"staff:{key}").first():
        return booked
    if customer.erased_at is not None:
        raise DomainError(_("This customer was erased."))
    if not reason or len(reason) > LONGEST_REASON:
        raise DomainError(_("Give a reason of up to 1,000 characters."))
    if not 0 < abs(amount) <= MOST_CREDITS or round(amount, 2) != amount:
        raise DomainError(
            _("Enter an amount up to %s, with two digits behind the point at most.")
            % f"{MOST_CREDITS:,}"
        )
    entries = CreditEntry.objects.filter(customer=customer)
    balance = entries.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
    if amount < 0 and balance + amount < 0:
        raise DomainError(_("Only %s credits are there to withdraw.") % balance)
    return CreditEntry.objects.create(
        customer=customer,
        amount=amount,
        reason=reason,
        booked_by=by,
        source_key=f"staff:{key}",
    )

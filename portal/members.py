"""Who a visitor is. Members have no password: they come by signed tokens.

A token serves one purpose: the one that a host site sends along is no cookie, a cookie
is not to be sent along, and the link of a mail is neither.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from customers.models import Customer, MemberWish
from marketing_os.lib.tokens import make_token, read_token
from messaging.models import Delivery
from messaging.services.content import COPY_LINK, MEMBER_LINK
from messaging.services.copies import wish_of_mail

KEYWORD = "Member"
COOKIE = "member"
_HEADER_PURPOSE, _COOKIE_PURPOSE = "member-session", "member-cookie"


@dataclass(frozen=True)
class MemberSession:
    """What a host site sends along in a member's name."""

    token: str
    customer_id: int
    expires_at: datetime


def open_session(customer: Customer) -> MemberSession:
    """Return the session of a member for requests of a host site."""
    expires_at = _end_of_session()
    token = _token(_HEADER_PURPOSE, customer.pk, expires_at)
    return MemberSession(token, customer.pk, expires_at)


def member_in_header(header: str) -> int | None:
    """Return the customer whom an Authorization header names; None: it names nobody.

    Whether the customer is still there is for the caller to ask.
    """
    keyword, _space, token = header.partition(" ")
    if keyword.lower() != KEYWORD.lower():
        return None
    return _named(_HEADER_PURPOSE, token.strip())


def member_id_of(request: HttpRequest) -> int | None:
    """Return the customer whose session a browser holds, whether or not still there."""
    return _named(_COOKIE_PURPOSE, request.COOKIES.get(COOKIE, ""))


def member_of(request: HttpRequest) -> Customer | None:
    """Return the member whose session a browser holds; None: it holds none."""
    pk = member_id_of(request)
    return Customer.objects.active().filter(pk=pk).first() if pk else None


def receiver_of(token: str) -> Customer | None:
    """Return the member for whom the link of a mail is; None: it opens nothing (more).

    A link ends with its days, and when its mail went to an address that the member
    does not have any more.
    """
    delivery = _mail_of(MEMBER_LINK, token, settings.MEMBER_LINK_DAYS)
    return delivery.customer if delivery else None


def copy_of(token: str) -> MemberWish | None:
    """Return the granted wish whose copy a link opens; None: it opens nothing (more).

    The link of a mail to one's own pages is none: it may have been passed on.
    """
    delivery = _mail_of(COPY_LINK, token, settings.MEMBER_COPY_DAYS)
    return wish_of_mail(delivery) if delivery else None


def keep_member(response: HttpResponseBase, customer: Customer) -> None:
    """Have a browser hold the member's session from now on."""
    response.set_cookie(
        COOKIE,
        _token(_COOKIE_PURPOSE, customer.pk, _end_of_session()),
        max_age=settings.MEMBER_SESSION_MINUTES * 60,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget_member(response: HttpResponseBase) -> None:
    """Have a browser hold no member's session any more."""
    response.delete_cookie(COOKIE, samesite="Lax")


def _mail_of(purpose: str, token: str, days: int) -> Delivery | None:
    numbers = read_token(purpose, token, 1)
    if numbers is None:
        return None
    delivery = (
        Delivery.objects.filter(pk=numbers[0], customer__in=Customer.objects.active())
        .select_related("customer")
        .first()
    )
    if delivery is None:
        return None
    sent_at = delivery.accepted_at or delivery.created_at
    is_old = timezone.now() - sent_at > timedelta(days=days)
    is_theirs = delivery.address.lower() == delivery.customer.email.lower()
    return delivery if is_theirs and not is_old else None


def _end_of_session() -> datetime:
    return timezone.now() + timedelta(minutes=settings.MEMBER_SESSION_MINUTES)


def _token(purpose: str, customer_id: int, expires_at: datetime) -> str:
    return make_token(purpose, customer_id, int(expires_at.timestamp()))


def _named(purpose: str, token: str) -> int | None:
    numbers = read_token(purpose, token, 2)
    if numbers is None:
        return None
    customer_id, ends = numbers
    return customer_id if timezone.now().timestamp() < ends else None

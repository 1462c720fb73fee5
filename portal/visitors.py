"""Who a visitor is, as far as a request tells."""

import ipaddress
import time

from axes.helpers import get_client_ip_address
from django.conf import settings
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from customers.models import Customer
from marketing_os.lib.tokens import make_token, read_token

# A token of this purpose opens a customer's personal page, which only shows.
PURPOSE = "personal page"
LINK_DAYS = 7


def personal_url(customer: Customer) -> str:
    """Return the address of a customer's personal page, good for a week."""
    until = int(time.time()) + LINK_DAYS * 86_400
    return f"{settings.SITE_URL}/status/{make_token(PURPOSE, customer.pk, until)}"


def customer_of_link(token: str) -> Customer | None:
    """Return whose personal page a token opens; None when it opens none, or no more."""
    numbers = read_token(PURPOSE, token, 2)
    if numbers is None or numbers[1] < time.time():
        return None
    return Customer.objects.active().filter(pk=numbers[0]).first()


def visitor_of(request: HttpRequest) -> str:
    """Return a keyed hash that is the same for requests from one network address.

    IPv6 addresses count by their network of 64 bits, which one subscriber has.
    """
    told = get_client_ip_address(request) or ""
    try:
        address = ipaddress.ip_address(told)
    except ValueError:
        return ""
    if address.version == 6:
        told = str(ipaddress.ip_network((address, 64), strict=False))
    return salted_hmac("portal.visitor", told, algorithm="sha256").hexdigest()


def customer_with(email: str) -> Customer | None:
    """Return the first customer with an address, whatever its capitals."""
    same = Customer.objects.active().alias(lower=Lower("email"))
    return same.filter(lower=email.lower()).order_by("pk").first()

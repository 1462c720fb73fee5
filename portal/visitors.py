"""Who a visitor is, as far as a request tells."""

import ipaddress

from axes.helpers import get_client_ip_address
from django.db.models.functions import Lower
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from customers.models import Customer


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

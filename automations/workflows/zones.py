from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.conf import settings

from customers.models import Customer
from marketing_os.lib.zones import zone_of_customer


def zones_of(customer_ids: Sequence[int]) -> dict[int, ZoneInfo]:
    """Return the time zone of each customer; the project's where none is known."""
    found = dict.fromkeys(customer_ids, ZoneInfo(settings.TIME_ZONE))
    known = Customer.objects.filter(pk__in=customer_ids).exclude(timezone="")
    return found | {
        pk: zone_of_customer(name) for pk, name in known.values_list("pk", "timezone")
    }

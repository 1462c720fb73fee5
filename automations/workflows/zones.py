from collections.abc import Sequence
from zoneinfo import ZoneInfo

from django.conf import settings

from automations.models import Workflow
from customers.models import Customer
from marketing_os.lib.zones import read_zone, zone_of_customer


def zones_of(customer_ids: Sequence[int]) -> dict[int, ZoneInfo]:
    """Return the time zone of each customer; the project's where none is known."""
    found = dict.fromkeys(customer_ids, ZoneInfo(settings.TIME_ZONE))
    known = Customer.objects.filter(pk__in=customer_ids).exclude(timezone="")
    return found | {
        pk: zone_of_customer(name) for pk, name in known.values_list("pk", "timezone")
    }


def zone_of_workflow(workflow: Workflow) -> ZoneInfo:
    """Return the zone of its daily look; raises UnknownZoneError."""
    return read_zone(workflow.timezone or settings.TIME_ZONE)

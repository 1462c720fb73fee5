"""The log of devices that visitors came with, once they agreed to it."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from operator import attrgetter

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import AttributeDefinition, Customer, Device
from customers.user_agents import is_program, settled_type
from imports.services import ingest_rows
from marketing_os.lib.errors import DomainError
from marketing_os.lib.retention import delete_old

logger = logging.getLogger(__name__)

# The words of the attribute, as other systems report a device.
WORDS = {
    Device.Type.PHONE: "Mobile",
    Device.Type.TABLET: "Tablet",
    Device.Type.DESKTOP: "Desktop",
}
_LONGEST_AGENT = 512
# A clock that is further off tells nothing.
_CLOCK_MAY_DIFFER = timedelta(days=1)


class TooManyDevices(DomainError):  # noqa: N818 - named for the fact
    """A visitor who reported as many devices as one may within an hour."""


@dataclass(frozen=True)
class DeviceReport:
    """What the script of a page reports; sizes are in CSS pixels, memory in GB."""

    type: str
    screen_width: int
    screen_height: int
    memory: Decimal | None
    time: datetime


@transaction.atomic
def log_device(
    report: DeviceReport, *, agent: str, visitor: str, customer: Customer | None
) -> Device | None:
    """Note a visit with a device; None for a program, which has none.

    The type is checked against the user agent. Raises TooManyDevices.
    """
    if is_program(agent):
        return None
    _insist_on_measure(visitor)
    device = _device(report, agent)
    device.customer, device.visitor = customer, visitor
    if abs(report.time - timezone.now()) >= _CLOCK_MAY_DIFFER:
        device.reported_at = None
    device.save(force_insert=True)
    if customer is not None:
        _tell_attribute(customer, WORDS[Device.Type(device.device_type)])
    return device


def log_past_devices(visits: Iterable[tuple[DeviceReport, str, int | None]]) -> int:
    """Note visits from a log that was kept elsewhere, and return how many.

    Each is what was reported when it was made, the user agent, and the customer's ID.
    Those older than DEVICE_DAYS are left out, and attributes stay as they are.
    """
    devices = []
    for report, agent, customer_id in visits:
        device = _device(report, agent)
        device.customer_id, device.logged_at = customer_id, report.time
        devices.append(device)
    if settings.DEVICE_DAYS:
        begin = timezone.now() - timedelta(days=settings.DEVICE_DAYS)
        devices = [device for device in devices if device.logged_at >= begin]
    # The newest have the highest IDs, by which lists are in order.
    devices.sort(key=attrgetter("logged_at"))
    Device.objects.bulk_create(devices, batch_size=1_000)
    return len(devices)


def forget_old_devices(*, seconds: float) -> int:
    """Delete visits older than DEVICE_DAYS, for so long; return how many.

    Of the others it is forgotten after a day where they came from.
    """
    yesterday = timezone.now() - timedelta(days=1)
    recent = Device.objects.filter(logged_at__lt=yesterday).exclude(visitor="")
    recent.update(visitor="")
    days = settings.DEVICE_DAYS
    return delete_old(Device.objects.all(), "logged_at", days, seconds=seconds)


def _device(report: DeviceReport, agent: str) -> Device:
    return Device(
        device_type=settled_type(report.type, agent),
        reported_type=report.type,
        screen_width=report.screen_width,
        screen_height=report.screen_height,
        memory_gb=report.memory,
        user_agent=agent[:_LONGEST_AGENT],
        reported_at=report.time,
    )


def _insist_on_measure(visitor: str) -> None:
    if not visitor:
        return
    hour = timezone.now() - timedelta(hours=1)
    same = Device.objects.filter(visitor=visitor, logged_at__gt=hour)
    if same.count() >= settings.DEVICES_PER_HOUR:
        raise TooManyDevices(_("Too many devices were reported. Try in an hour."))


def _tell_attribute(customer: Customer, word: str) -> None:
    """Let conditions and templates read the newest device as any other attribute."""
    name = settings.DEVICE_ATTRIBUTE
    if not name or customer.attributes.get(name) == word:
        return
    row = {
        "customer_id": customer.pk,
        "field_name": name,
        "field_type": AttributeDefinition.FieldType.STRING,
        "field_value": word,
    }
    [result] = ingest_rows("attributes", [row], source="portal")
    if result.errors:
        logger.warning("The device of customer %s was not told.", customer.pk)

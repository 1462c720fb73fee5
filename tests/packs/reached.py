"""What of a pack reached a customer: mails, notifications, tasks of the staff."""

from automations.models import StaffTask
from messaging.models import Delivery, Notification


def mails(who):
    """The templates of the customer's mails, in the order in which they came."""
    found = Delivery.objects.filter(customer=who, channel="email").order_by("id")
    assert not found.exclude(state="pending").exclude(state="accepted").exists()
    return [name.partition(": ")[2] for name in _names(found)]


def _names(deliveries):
    return deliveries.values_list("dispatch__template__name", flat=True)


def notes(who):
    return [
        (one.title, one.message) for one in Notification.objects.filter(customer=who)
    ]


def tasks(who):
    """The open tasks about a customer: (assignee, description, priority)."""
    found = StaffTask.objects.filter(customer=who, status="pending").order_by("id")
    return [
        (one.assignee and one.assignee.username, one.description, one.priority)
        for one in found
    ]

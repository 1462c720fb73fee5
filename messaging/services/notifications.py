"""What a member does in the notification centre; each may be done again."""

from django.db.models.functions import Now

from messaging.models import Notification
from messaging.services import history
from messaging.services.machines import Visit
from messaging.services.tracking import note_in_centre


def mark_read(notification: Notification, visit: Visit) -> None:
    """Mark a notification as read; its delivery counts as opened."""
    if _read(notification):
        _note(notification, history.OPENED, visit)


def mark_all_read(customer_id: int, visit: Visit) -> None:
    """Mark all that a member was shown as read."""
    unread = Notification.objects.filter(customer=customer_id).unread()
    for notification in unread.select_related("delivery__dispatch"):
        mark_read(notification, visit)


def dismiss(notification: Notification) -> None:
    """Take a notification out of its member's list."""
    Notification.objects.filter(pk=notification.pk).shown().update(dismissed_at=Now())


def bring_back(notification: Notification) -> None:
    """Show a notification again that its member dismissed."""
    Notification.objects.filter(pk=notification.pk).update(dismissed_at=None)


def follow_action(notification: Notification, visit: Visit) -> str:
    """Mark a notification as read and return its link, which counts as followed."""
    _read(notification)
    _note(notification, history.CLICKED, visit)
    return notification.action_url


def _read(notification: Notification) -> bool:
    unread = Notification.objects.filter(pk=notification.pk, read_at=None)
    return bool(unread.update(read_at=Now()))


def _note(notification: Notification, kind: str, visit: Visit) -> None:
    if notification.delivery is not None:
        note_in_centre(notification.delivery, kind, visit)

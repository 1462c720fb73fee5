"""What a member does in the notification centre; each may be done again."""

from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from messaging.models import Notification
from messaging.services import history
from messaging.services.centre_visits import note_in_centre
from messaging.services.machines import Visit


def mark_read(notification: Notification, visit: Visit) -> None:
    """Mark a notification as read; its delivery counts as opened."""
    _read(Notification.objects.filter(pk=notification.pk, read_at=None), visit)


def mark_all_read(customer_id: int, visit: Visit) -> None:
    """Mark all that a member was shown as read."""
    _read(Notification.objects.filter(customer=customer_id).unread(), visit)


def dismiss(notification: Notification) -> None:
    """Take a notification out of its member's list."""
    Notification.objects.filter(pk=notification.pk).shown().update(dismissed_at=Now())


def bring_back(notification: Notification) -> None:
    """Show a notification again that its member dismissed."""
    Notification.objects.filter(pk=notification.pk).update(dismissed_at=None)


def follow_action(notification: Notification, visit: Visit) -> str:
    """Mark a notification as read and return its link, which counts as followed."""
    unread = Notification.objects.filter(pk=notification.pk, read_at=None)
    unread.update(read_at=Now())
    if notification.delivery_id is not None:
        note_in_centre([notification.delivery_id], history.CLICKED, visit)
    return notification.action_url


def _read(unread: "QuerySet[Notification]", visit: Visit) -> None:
    """Mark as read, in one statement, what nobody else marks at the same moment."""
    query, values = unread.values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_READ.format(unread=query), values)
        opened = [pk for (pk,) in cursor.fetchall() if pk is not None]
    note_in_centre(opened, history.OPENED, visit)


# Asked once more of each row: whoever comes second finds it read.
_READ = """
UPDATE notifications SET read_at = now()
WHERE id IN ({unread}) AND read_at IS NULL RETURNING delivery_id
"""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class NotificationQuerySet(models.QuerySet["Notification"]):
    def shown(self) -> "NotificationQuerySet":
        """Leave out what its member dismissed."""
        return self.filter(dismissed_at=None)

    def unread(self) -> "NotificationQuerySet":
        """Keep what is shown and was not read."""
        return self.shown().filter(read_at=None)


class Notification(models.Model):
    """A message in a member's own notification centre."""

    customer = models.ForeignKey(
        "customers.Customer",
        models.CASCADE,
        db_column="member_id",
        related_name="notifications",
    )
    delivery = models.OneToOneField(
        "messaging.Delivery", models.CASCADE, null=True, related_name="notification"
    )
    title = models.CharField(_("title"), max_length=255, default="Notification")
    message = models.TextField(_("message"), blank=True)
    icon = models.CharField(_("icon"), max_length=50, default="info")
    action_url = models.CharField(_("action link"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    read_at = models.DateTimeField(_("read at"), null=True, blank=True)
    dismissed_at = models.DateTimeField(_("dismissed at"), null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        db_table = "notifications"
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("customer", "-id"), name="notifications_of_member"),
            models.Index(
                fields=("customer",),
                condition=models.Q(read_at=None, dismissed_at=None),
                name="notifications_unread",
            ),
        )

    def __str__(self) -> str:
        return self.title

from django.db import models
from django.utils.translation import gettext_lazy as _

from messaging.models.delivery import Delivery
from messaging.models.dispatch import Dispatch
from messaging.models.template import MessageTemplate


class CommunicationLog(models.Model):
    """A message that went out, or should have: a view of the deliveries.

    Under the names of membership systems; what was never begun is not in it.
    """

    class Status(models.TextChoices):
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Failed")
        DELIVERED = "delivered", _("Delivered")
        OPENED = "opened", _("Opened")
        CLICKED = "clicked", _("Clicked")

    channel = models.CharField(
        _("channel"), max_length=10, choices=MessageTemplate.Channel.choices
    )
    template = models.CharField(_("template"), max_length=200)
    recipient = models.CharField(_("recipient"), max_length=320)
    sent_at = models.DateTimeField(_("sent at"), null=True)
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    error_message = models.TextField(_("error"))
    event_data = models.JSONField(_("events"), default=list)
    # What the columns above are made of; conditions on these can use the indexes.
    state = models.CharField(max_length=10, choices=Delivery.State.choices)
    opened_at = models.DateTimeField(null=True)
    clicked_at = models.DateTimeField(null=True)
    customer = models.ForeignKey(
        "customers.Customer", models.DO_NOTHING, related_name="+"
    )
    dispatch = models.ForeignKey(Dispatch, models.DO_NOTHING, related_name="+")
    message_template = models.ForeignKey(
        MessageTemplate, models.DO_NOTHING, db_column="template_id", related_name="+"
    )

    class Meta:
        managed = False
        db_table = "communication_logs"
        verbose_name = _("communication")
        verbose_name_plural = _("communications")
        ordering = ("-id",)
        permissions = (
            ("export_communicationlog", _("Can export the communication log")),
        )

    def __str__(self) -> str:
        return f"{self.get_channel_display()} #{self.pk}"

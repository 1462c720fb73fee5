from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Consent(models.Model):
    """One decision of a customer about one channel; the newest row counts.

    Append-only: the rows are the proof. An empty topic means all marketing.
    """

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="consents"
    )
    channel = models.CharField(_("channel"), max_length=20, default="email")
    topic = models.CharField(_("topic"), max_length=50, blank=True)
    granted = models.BooleanField(_("granted"))
    source = models.CharField(_("source"), max_length=50)
    evidence = models.TextField(_("evidence"), blank=True)
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    class Meta:
        db_table = "consents"
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ("-id",)
        indexes = (
            models.Index(
                fields=("customer", "channel", "topic", "-id"), name="consents_latest"
            ),
        )

    def __str__(self) -> str:
        return f"{self.channel} {'granted' if self.granted else 'withdrawn'}"

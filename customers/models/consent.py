from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class ConsentQuerySet(models.QuerySet["Consent"]):
    def deciding(self) -> "ConsentQuerySet":
        """Keep of each customer, channel and topic the decision that counts."""
        return self.order_by(
            "customer_id", "channel", "topic", *Consent.LAST_FIRST
        ).distinct("customer_id", "channel", "topic")

    def last_first(self) -> "ConsentQuerySet":
        """Put the decision that counts before those that it replaced."""
        return self.order_by(*Consent.LAST_FIRST)


class Consent(models.Model):
    """One decision of a customer about one channel; the last one made counts.

    Append-only, which the database itself sees to: the rows are the proof. The order
    is that of `occurred_at`, when the customer decided, so that an old yes which
    becomes known late never overrides a later no; at the same moment the no counts.
    An empty topic means all marketing.
    """

    LAST_FIRST = ("-occurred_at", "granted", "-id")

    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="consents"
    )
    channel = models.CharField(_("channel"), max_length=20, default="email")
    topic = models.CharField(_("topic"), max_length=50, blank=True)
    granted = models.BooleanField(_("granted"))
    source = models.CharField(_("source"), max_length=50)
    evidence = models.TextField(_("evidence"), blank=True)
    occurred_at = models.DateTimeField(_("decided at"), db_default=Now())
    recorded_at = models.DateTimeField(_("recorded at"), db_default=Now())

    objects = ConsentQuerySet.as_manager()

    class Meta:
        db_table = "consents"
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        ordering = ("-id",)
        permissions = (("export_consent", _("Can export consents")),)
        indexes = (
            models.Index(
                fields=(
                    "customer",
                    "channel",
                    "topic",
                    "-occurred_at",
                    "granted",
                    "-id",
                ),
                name="consents_last",
            ),
            models.Index(
                fields=("channel", "granted", "-id"), name="consents_by_answer"
            ),
            models.Index(fields=("source", "-id"), name="consents_by_source"),
            models.Index(fields=("occurred_at",), name="consents_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.channel} {'granted' if self.granted else 'withdrawn'}"


class ConsentRemoval(models.Model):
    """The record that allows, and proves, the removal of one consent.

    The database refuses to delete a consent unless its removal was recorded in the
    same transaction.
    """

    consent_id = models.BigIntegerField()
    reason = models.CharField(max_length=100)
    removed_by = models.CharField(max_length=150, blank=True)
    transaction = models.BigIntegerField()
    removed_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "consent_removals"
        default_permissions = ()
        indexes = (
            models.Index(
                fields=("consent_id", "transaction"), name="removal_of_consent"
            ),
        )

    def __str__(self) -> str:
        return f"{self.consent_id}: {self.reason}"

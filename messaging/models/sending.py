from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _


class Suppression(models.Model):
    """An e-mail address that nothing is sent to, whoever it belongs to."""

    class Reason(models.TextChoices):
        HARD_BOUNCE = "hard_bounce", _("Does not exist")
        COMPLAINT = "complaint", _("Marked a mail as spam")
        SOFT_BOUNCES = "soft_bounces", _("Bounced too often")
        MANUAL = "manual", _("Added by staff")

    email = models.CharField(_("e-mail"), max_length=320)
    reason = models.CharField(_("reason"), max_length=20, choices=Reason.choices)
    detail = models.TextField(_("detail"), blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        db_table = "suppressions"
        verbose_name = _("suppressed address")
        verbose_name_plural = _("suppressed addresses")
        ordering = ("-id",)
        permissions = (("export_suppression", _("Can export suppressed addresses")),)
        indexes = (
            # For prefixes, whatever the collation of the database is.
            models.Index(
                OpClass(Lower("email"), name="text_pattern_ops"),
                name="suppressions_by_email",
            ),
            models.Index(fields=("reason", "-id"), name="suppressions_by_reason"),
            models.Index(fields=("created_at",), name="suppressions_by_date"),
        )
        constraints = (
            models.UniqueConstraint(
                Lower("email"),
                name="one_suppression_per_email",
                violation_error_message=_("This address is suppressed already."),
            ),
        )

    def __str__(self) -> str:
        return self.email


class Pause(models.Model):
    """Until when a customer wants no marketing; nothing else about them changes."""

    customer = models.OneToOneField(
        "customers.Customer", models.CASCADE, primary_key=True, related_name="+"
    )
    until = models.DateTimeField(_("until"))

    class Meta:
        db_table = "marketing_pauses"
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")

    def __str__(self) -> str:
        return f"{self.until:%Y-%m-%d}"


class SendGuard(models.Model):
    """The row that is locked while a customer's messages of a channel are counted."""

    customer = models.ForeignKey("customers.Customer", models.CASCADE, related_name="+")
    channel = models.CharField(max_length=10)

    class Meta:
        db_table = "send_guards"
        constraints = (
            models.UniqueConstraint("customer", "channel", name="one_guard"),
        )

    def __str__(self) -> str:
        return f"{self.customer_id} {self.channel}"


class ProviderLimit(models.Model):
    """When the workers together may call a provider again, and why not before.

    `failures` counts the calls in a row that did not reach it; `turn_at` is when the
    next request may begin where the provider takes only so many a second.
    """

    provider = models.CharField(max_length=30, primary_key=True)
    next_at = models.DateTimeField(db_default=Now())
    turn_at = models.DateTimeField(db_default=Now())
    failures = models.PositiveIntegerField(default=0, db_default=0)
    failing_since = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True, default="", db_default="")

    class Meta:
        db_table = "provider_limits"

    def __str__(self) -> str:
        return self.provider


class SendingSwitch(models.Model):
    """The one row that says whether all sending is held."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    is_held = models.BooleanField(default=False)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "sending_switch"
        constraints = (
            models.CheckConstraint(condition=models.Q(id=1), name="one_switch"),
        )
        permissions = (("hold_sending", _("Can hold and release all sending")),)

    def __str__(self) -> str:
        return "held" if self.is_held else "sending"

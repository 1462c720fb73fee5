from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _


class MemberTag(models.Model):
    """A word that staff or a workflow put on a customer."""

    customer = models.ForeignKey(
        "customers.Customer",
        models.CASCADE,
        db_column="member_id",
        related_name="tags",
        verbose_name=_("member"),
    )
    tag = models.CharField(_("tag"), max_length=100)
    assigned_at = models.DateTimeField(_("assigned at"), db_default=Now())

    class Meta:
        db_table = "member_tags"
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ("tag",)
        permissions = (("export_membertag", _("Can export tags")),)
        constraints = (
            models.UniqueConstraint("customer", "tag", name="one_tag_per_member"),
        )
        indexes = (models.Index(fields=("tag", "customer"), name="members_by_tag"),)

    def __str__(self) -> str:
        return self.tag


class MemberOffer(models.Model):
    """A discount code offered to one customer until its expiry date."""

    customer = models.ForeignKey(
        "customers.Customer",
        models.CASCADE,
        db_column="member_id",
        related_name="offers",
        verbose_name=_("member"),
    )
    offer_code = models.CharField(_("offer code"), max_length=100)
    description = models.TextField(_("description"), blank=True)
    expiry_date = models.DateField(_("expiry date"), null=True, blank=True)
    is_used = models.BooleanField(_("used"), default=False)
    applied_at = models.DateTimeField(_("applied at"), db_default=Now())
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)
    source_key = models.CharField(max_length=200, null=True, unique=True)  # noqa: DJ001

    class Meta:
        db_table = "member_offers"
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ("-id",)
        permissions = (("export_memberoffer", _("Can export offers")),)
        indexes = (
            models.Index(fields=("offer_code", "-id"), name="offers_by_code"),
            models.Index(fields=("is_used", "-id"), name="offers_by_use"),
            BrinIndex(fields=("applied_at",), name="offers_by_time"),
        )

    def __str__(self) -> str:
        return self.offer_code

    @property
    def is_expired(self) -> bool:
        """It is good until the end of its last day."""
        return self.expiry_date is not None and self.expiry_date < localdate()


class CreditEntry(models.Model):
    """One booking in a customer's credit ledger; the balance is their sum."""

    customer = models.ForeignKey(
        "customers.Customer",
        models.PROTECT,
        db_column="member_id",
        related_name="credit_entries",
        verbose_name=_("member"),
    )
    amount = models.DecimalField(_("amount"), max_digits=12, decimal_places=2)
    reason = models.TextField(_("reason"), blank=True)
    source_key = models.CharField(max_length=200, null=True, unique=True)  # noqa: DJ001
    # Who of the staff booked it by hand.
    booked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("booked by"),
    )
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        db_table = "credit_entries"
        verbose_name = _("credit entry")
        verbose_name_plural = _("credit entries")
        ordering = ("-id",)
        permissions = (("export_creditentry", _("Can export credit entries")),)
        indexes = (
            models.Index(
                fields=("-id",),
                condition=models.Q(amount__lt=0),
                name="credits_withdrawn",
            ),
            BrinIndex(fields=("created_at",), name="credits_by_time"),
        )

    def __str__(self) -> str:
        return f"{self.amount}"


class Device(models.Model):
    """One visit with a device: what the browser said of it, known customer or not.

    `device_type` is the type that the user agent bears out, `reported_type` what the
    page's script took it for. `visitor` is a keyed hash of the network address, for a
    day.
    """

    class Type(models.TextChoices):
        PHONE = "phone", _("Phone")
        TABLET = "tablet", _("Tablet")
        DESKTOP = "desktop", _("Desktop")

    customer = models.ForeignKey(
        "customers.Customer",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="devices",
    )
    device_type = models.CharField(_("type"), max_length=10, choices=Type.choices)
    screen_width = models.PositiveIntegerField(_("screen width"), null=True)
    screen_height = models.PositiveIntegerField(_("screen height"), null=True)
    memory_gb = models.DecimalField(
        _("memory in GB"), max_digits=6, decimal_places=2, null=True
    )
    user_agent = models.TextField(_("user agent"), blank=True)
    reported_type = models.CharField(
        _("reported type"),
        max_length=10,
        choices=Type.choices,
        blank=True,
        db_default="",
    )
    reported_at = models.DateTimeField(_("time on the device"), null=True)
    visitor = models.CharField(max_length=64, blank=True, db_default="")
    logged_at = models.DateTimeField(_("logged at"), db_default=Now(), db_index=True)

    class Meta:
        db_table = "devices"
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        ordering = ("-id",)
        permissions = (("export_device", _("Can export devices")),)
        indexes = (
            models.Index(
                fields=("visitor", "logged_at"),
                condition=~models.Q(visitor=""),
                name="devices_by_visitor",
            ),
            models.Index(fields=("device_type", "-id"), name="devices_by_type"),
            models.Index(
                fields=("-id",),
                condition=models.Q(customer__isnull=False),
                name="devices_of_customers",
            ),
        )

    def __str__(self) -> str:
        return self.device_type

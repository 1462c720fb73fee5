import uuid

from django.db import models
from django.db.models.expressions import Func
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class RandomUUID(Func):
    """A random identity made by the database."""

    function = "gen_random_uuid"
    output_field = models.UUIDField()


class FunnelEvent(models.Model):
    """A customer's move from one stage to another; never changed once written.

    `identity` is derived from `external_id`, or for file rows without one from the
    row's content and its ordinal among equal rows, so that a row that comes twice
    is stored once. A conversion is a move to the stage of its name, once per customer.
    """

    class FunnelType(models.TextChoices):
        SALES = "sales", _("Sales")
        SERVICE_DELIVERY = "service-delivery", _("Service delivery")
        CONVERSION = "conversion", _("Conversion")

    # The customer is the first column of an index below.
    customer = models.ForeignKey(
        "customers.Customer",
        models.PROTECT,
        related_name="funnel_events",
        db_index=False,
        verbose_name=_("customer"),
    )
    funnel_type = models.CharField(
        _("funnel"), max_length=20, choices=FunnelType.choices
    )
    from_stage = models.CharField(_("from stage"), max_length=100, blank=True)
    to_stage = models.CharField(_("to stage"), max_length=100)
    created_date = models.DateTimeField(_("happened at"), db_default=Now())
    external_id = models.CharField(_("external ID"), max_length=255, blank=True)
    identity = models.UUIDField(
        unique=True, default=uuid.uuid4, db_default=RandomUUID()
    )

    class Meta:
        db_table = "funnel_events"
        verbose_name = _("funnel event")
        verbose_name_plural = _("funnel events")
        ordering = ("-created_date", "-id")
        permissions = (("export_funnelevent", _("Can export funnel events")),)
        constraints = (
            models.UniqueConstraint(
                fields=("customer", "to_stage"),
                condition=models.Q(funnel_type="conversion"),
                name="one_conversion_of_a_name",
            ),
        )
        indexes = (
            models.Index(
                fields=("customer", "funnel_type", "-created_date"),
                name="funnel_by_customer",
            ),
            models.Index(fields=("-created_date", "-id"), name="funnel_by_date"),
            models.Index(
                fields=("funnel_type", "to_stage", "-created_date"),
                name="funnel_by_stage",
            ),
        )

    def __str__(self) -> str:
        if self.funnel_type == self.FunnelType.CONVERSION:
            return self.to_stage
        return f"{self.from_stage or '–'} → {self.to_stage}"

    def get_absolute_url(self) -> str:
        return reverse("admin:funnel_funnelevent_change", args=(self.pk,))


class FunnelEventRemoval(models.Model):
    """The record that allows, and proves, the removal of one funnel event.

    The database refuses to delete an event unless its removal was recorded in the
    same transaction.
    """

    event_id = models.BigIntegerField()
    reason = models.CharField(max_length=100)
    removed_by = models.CharField(max_length=150, blank=True)
    transaction = models.BigIntegerField()
    removed_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "funnel_event_removals"
        indexes = (
            models.Index(fields=("event_id", "transaction"), name="removal_of_event"),
        )

    def __str__(self) -> str:
        return f"{self.event_id}: {self.reason}"


class Activity(models.Model):
    """Something a customer did: a purchase, a booking, a login; append-only.

    `identity` works as that of a funnel event.
    """

    # The customer is the first column of an index below.
    customer = models.ForeignKey(
        "customers.Customer",
        models.PROTECT,
        related_name="activities",
        db_index=False,
        verbose_name=_("customer"),
    )
    name = models.CharField(_("name"), max_length=100)
    occurred_at = models.DateTimeField(_("occurred at"))
    properties = models.JSONField(_("properties"), default=dict, blank=True)
    amount = models.DecimalField(
        _("amount"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    external_id = models.CharField(_("external ID"), max_length=255, blank=True)
    identity = models.UUIDField(
        unique=True, default=uuid.uuid4, db_default=RandomUUID()
    )

    class Meta:
        db_table = "activities"
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ("-occurred_at", "-id")
        permissions = (("export_activity", _("Can export activities")),)
        indexes = (
            models.Index(
                fields=("customer", "name", "-occurred_at"),
                name="activities_by_customer",
            ),
            models.Index(
                fields=("name", "-occurred_at", "customer"), name="activities_by_name"
            ),
            models.Index(fields=("-occurred_at", "-id"), name="activities_by_date"),
        )

    def __str__(self) -> str:
        return self.name

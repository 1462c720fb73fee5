from uuid import uuid4

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _


def without_query(url: str) -> str:
    """Hide the query of an address, which may be a password of the other system."""
    address, _mark, query = url.partition("?")
    return f"{address}?…" if query else address


class WebhookEndpoint(models.Model):
    """An address of another system that workflows may call.

    Its secret is made of the salt and SECRET_KEY and stands nowhere; calls are signed
    with the one before it too for a while, so that a new one can be put in place.
    """

    name = models.CharField(_("name"), max_length=100, unique=True)
    url = models.URLField(_("address"), max_length=500, unique=True)
    is_active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("Switched off, calls are kept until it is on again."),
    )
    salt = models.CharField(max_length=64, editable=False)
    previous_salt = models.CharField(max_length=64, blank=True, editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)
    # Calls in a row that failed; after some it is left alone for a while.
    failures = models.PositiveIntegerField(_("failures"), default=0, editable=False)
    rests_until = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        db_table = "webhook_endpoints"
        verbose_name = _("webhook endpoint")
        verbose_name_plural = _("webhook endpoints")
        ordering = ("name",)
        permissions = (("export_webhookendpoint", _("Can export webhook endpoints")),)

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """The address as everybody may see it."""
        return without_query(self.url)


class WebhookCall(models.Model):
    """Something that another system is told: sent until it is taken, with one ID."""

    class State(models.TextChoices):
        PENDING = "pending", _("To be sent")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Given up")
        CANCELLED = "cancelled", _("Cancelled")

    endpoint = models.ForeignKey(
        WebhookEndpoint,
        models.PROTECT,
        db_index=False,
        related_name="calls",
        verbose_name=_("endpoint"),
    )
    customer = models.ForeignKey(
        "customers.Customer",
        models.CASCADE,
        related_name="webhook_calls",
        verbose_name=_("member"),
    )
    workflow = models.ForeignKey(
        "automations.Workflow",
        models.SET_NULL,
        null=True,
        related_name="webhook_calls",
        verbose_name=_("workflow"),
    )
    # The receiver knows by it what it got before.
    message_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    event = models.CharField(_("event"), max_length=100)
    # The very bytes that are signed and sent, each time the same.
    body = models.TextField(_("payload"), blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.PENDING
    )
    due_at = models.DateTimeField(_("due at"), db_default=Now())
    # Every attempt ever made: it also tells a late answer from that of the last one.
    attempts = models.PositiveIntegerField(_("attempts"), default=0, db_default=0)
    # Of those, how many count for the next pause; begun anew when it is sent again.
    retries = models.PositiveIntegerField(default=0, db_default=0)
    status_code = models.PositiveSmallIntegerField(_("answer"), null=True)
    error = models.CharField(_("error"), max_length=200, blank=True)
    source_key = models.CharField(max_length=200, null=True, unique=True)  # noqa: DJ001
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    delivered_at = models.DateTimeField(_("delivered at"), null=True)

    class Meta:
        db_table = "webhook_calls"
        verbose_name = _("webhook call")
        verbose_name_plural = _("webhook calls")
        ordering = ("-id",)
        permissions = (("export_webhookcall", _("Can export webhook calls")),)
        indexes = (
            models.Index(
                fields=("endpoint", "due_at"),
                condition=models.Q(state="pending"),
                name="webhook_calls_due",
            ),
            models.Index(fields=("state", "-id"), name="webhook_calls_by_state"),
            BrinIndex(fields=("created_at",), name="webhook_calls_by_time"),
            models.Index(fields=("endpoint", "-id"), name="webhook_calls_of_endpoint"),
        )

    def __str__(self) -> str:
        return translated("Call %s") % self.pk

    def get_absolute_url(self) -> str:
        return reverse("admin:automations_webhookcall_change", args=(self.pk,))

    @property
    def header_id(self) -> str:
        """The ID as it goes out: the same at each attempt."""
        return f"msg_{self.message_id.hex}"

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from messaging.models.dispatch import Dispatch
from messaging.models.template import MessageTemplate


class Delivery(models.Model):
    """One message to one customer: what was decided, and what became of it."""

    class State(models.TextChoices):
        PENDING = "pending", _("Waiting")
        SKIPPED = "skipped", _("Skipped")
        CLAIMED = "claimed", _("Taken by a worker")
        SENDING = "sending", _("Being sent")
        ACCEPTED = "accepted", _("Accepted")
        REJECTED = "rejected", _("Rejected")
        UNKNOWN = "unknown", _("Unknown")
        CANCELLED = "cancelled", _("Cancelled")
        DELIVERED = "delivered", _("Delivered")
        BOUNCED = "bounced", _("Bounced")
        COMPLAINED = "complained", _("Complained")

    class Reason(models.TextChoices):
        NONE = "", _("–")
        NO_ADDRESS = "no_address", _("No address")
        NO_CONSENT = "no_consent", _("No consent")
        TOPIC_DECLINED = "topic_declined", _("Does not want this topic")
        PAUSED = "paused", _("Asked for a pause")
        SUPPRESSED = "suppressed", _("Address is suppressed")
        HOLDOUT = "holdout", _("Held out for comparison")
        HOLDOUT_AGAIN = "holdout_again", _("Held out for comparison, as before")
        ALREADY_RECEIVED = "already_received", _("Received it already")
        DUPLICATE_ADDRESS = "duplicate_address", _("Another customer has the address")
        TOO_LATE = "too_late", _("Too late")
        FREQUENCY_CAP = "frequency_cap", _("Enough messages already")
        QUIET_HOURS = "quiet_hours", _("Quiet hours")
        RENDER_ERROR = "render_error", _("The template could not be filled in")
        INVALID_ADDRESS = "invalid_address", _("The address is not valid")
        PROVIDER_REFUSED = "provider_refused", _("Refused by the mail provider")
        NO_ANSWER = "no_answer", _("The answer of the mail provider was lost")
        ERASED = "erased", _("The customer was erased")
        ERASED_ADDRESS = "erased_address", _("The owner of the address was erased")
        ARCHIVED = "archived", _("The customer was archived")
        RUN_CANCELLED = "run_cancelled", _("The run was cancelled")

    WAITING = (State.PENDING, State.CLAIMED, State.SENDING)
    # For these a delivery also waits, until its `due_at`.
    HELD_BACK = (Reason.QUIET_HOURS, Reason.FREQUENCY_CAP)
    # What counts as received: it went out, or may have, or will.
    RECEIVED = (
        *WAITING,
        State.ACCEPTED,
        State.UNKNOWN,
        State.DELIVERED,
        State.BOUNCED,
        State.COMPLAINED,
    )

    # Both are the first column of an index below.
    dispatch = models.ForeignKey(
        Dispatch, models.PROTECT, related_name="deliveries", db_index=False
    )
    customer = models.ForeignKey(
        "customers.Customer", models.PROTECT, related_name="deliveries", db_index=False
    )
    occurrence = models.BigIntegerField(default=0)
    # Values for the template that hold for this message alone.
    context = models.JSONField(null=True)
    channel = models.CharField(
        _("channel"), max_length=10, choices=MessageTemplate.Channel.choices
    )
    address = models.CharField(_("address"), max_length=320, blank=True)
    lane = models.SmallIntegerField(choices=Dispatch.Lane.choices)
    state = models.CharField(_("state"), max_length=10, choices=State.choices)
    reason = models.CharField(
        _("reason"), max_length=20, choices=Reason.choices, blank=True
    )
    detail = models.TextField(_("detail"), blank=True)
    due_at = models.DateTimeField(_("due at"), db_default=Now())
    # Since when quiet hours or a cap hold it back.
    held_since = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0, db_default=0)
    first_sending_at = models.DateTimeField(null=True, blank=True)
    provider = models.CharField(_("provider"), max_length=30, blank=True)
    provider_id = models.CharField(_("provider's ID"), max_length=255, blank=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    accepted_at = models.DateTimeField(_("accepted at"), null=True, blank=True)
    # When a person, not a program, first did it.
    opened_at = models.DateTimeField(_("opened at"), null=True, blank=True)
    clicked_at = models.DateTimeField(_("link followed at"), null=True, blank=True)
    updated_at = models.DateTimeField(_("updated at"), db_default=Now())

    class Meta:
        db_table = "deliveries"
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        permissions = (("export_delivery", _("Can export deliveries")),)
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                "dispatch",
                "customer",
                "occurrence",
                name="one_delivery_per_customer_and_occurrence",
            ),
        )
        indexes = (
            models.Index(
                fields=("lane", "due_at", "id"),
                condition=Q(state="pending"),
                name="deliveries_due",
            ),
            models.Index(
                fields=("dispatch", "state", "due_at", "id"),
                condition=Q(state__in=("pending", "claimed", "sending")),
                name="deliveries_waiting",
            ),
            models.Index(
                fields=("accepted_at",),
                condition=Q(accepted_at__isnull=False),
                name="deliveries_by_acceptance",
            ),
            models.Index(
                fields=("dispatch", "state"),
                condition=Q(state__in=("rejected", "unknown", "bounced", "complained")),
                name="deliveries_gone_wrong",
            ),
            models.Index(
                fields=("dispatch", "clicked_at"),
                condition=Q(opened_at__isnull=False),
                name="deliveries_opened",
            ),
            models.Index(
                fields=("lease_until",),
                condition=Q(state__in=("claimed", "sending")),
                name="deliveries_leased",
            ),
            # A few kilobytes, enough to leave all but the last days aside.
            BrinIndex(
                fields=("created_at",), name="deliveries_by_day", autosummarize=True
            ),
            models.Index(fields=("customer", "-id"), name="deliveries_of_customer"),
            # What is rare is found by these, what is common by walking along the list.
            models.Index(
                fields=("state", "-id"),
                condition=~Q(state__in=("pending", "claimed", "sending", "accepted")),
                name="deliveries_by_state",
            ),
            models.Index(
                fields=("reason", "-id"),
                condition=~Q(reason=""),
                name="deliveries_by_reason",
            ),
            models.Index(Lower("address"), name="deliveries_lower_address"),
            models.Index(
                fields=("provider_id",),
                condition=~Q(provider_id=""),
                name="deliveries_by_provider_id",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_channel_display()} #{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("admin:messaging_delivery_change", args=(self.pk,))


class DeliveryContent(models.Model):
    """What a delivery's message was made of, frozen before it was sent."""

    delivery = models.OneToOneField(
        Delivery, models.CASCADE, primary_key=True, related_name="content"
    )
    version = models.ForeignKey(
        "messaging.MessageTemplateVersion", models.PROTECT, related_name="+"
    )
    renderer_version = models.CharField(max_length=50)
    merge_values = models.JSONField(default=dict)
    sha256 = models.CharField(max_length=64)
    frozen_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "delivery_contents"

    def __str__(self) -> str:
        return self.sha256


class FrozenBatch(models.Model):
    """One request to a provider with keys, kept until its answer is known.

    A lost answer is asked for with the same `key` and the very same `body`, which has
    one line for each of `delivery_ids` and in their order.
    """

    key = models.CharField(max_length=100, primary_key=True)
    provider = models.CharField(max_length=30)
    delivery_ids = ArrayField(models.BigIntegerField())
    body = models.BinaryField()
    frozen_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "delivery_batches"

    def __str__(self) -> str:
        return self.key


class DeliveryEvent(models.Model):
    """One report of a provider, or of a link in the mail, about a delivery."""

    delivery = models.ForeignKey(
        Delivery, models.CASCADE, null=True, blank=True, related_name="events"
    )
    # Of visits only, so that those of a dispatch are found together.
    dispatch = models.ForeignKey(
        Dispatch, models.PROTECT, null=True, related_name="+", db_index=False
    )
    provider = models.CharField(max_length=30, blank=True)
    provider_event_id = models.CharField(max_length=255, null=True, unique=True)  # noqa: DJ001
    provider_id = models.CharField(max_length=255, blank=True, db_index=True)
    kind = models.CharField(_("kind"), max_length=20)
    is_human = models.BooleanField(default=True)
    link = models.ForeignKey(
        "messaging.TrackedLink", models.SET_NULL, null=True, related_name="+"
    )
    data = models.JSONField(default=dict)
    occurred_at = models.DateTimeField(db_default=Now())
    received_at = models.DateTimeField(db_default=Now())
    # A provider's report that came before our own record of the sending.
    waits = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "delivery_events"
        ordering = ("-occurred_at", "-id")
        indexes = (
            models.Index(fields=("delivery", "kind"), name="events_of_delivery"),
            models.Index(
                fields=("id",), condition=Q(waits=True), name="events_waiting"
            ),
            models.Index(
                fields=("delivery",),
                condition=Q(kind="unsubscribed"),
                name="events_of_unsubscribing",
            ),
            models.Index(
                fields=("dispatch", "kind", "link"),
                condition=Q(dispatch__isnull=False),
                name="events_of_dispatch",
            ),
            BrinIndex(
                fields=("occurred_at",),
                name="delivery_events_by_time",
                autosummarize=True,
            ),
        )

    def __str__(self) -> str:
        return self.kind


class VisitCount(models.Model):
    """How often a link of a dispatch was followed, or its mail opened, by nobody knows.

    Without a link it is the picture by which an opened mail is noticed.
    """

    dispatch = models.ForeignKey(Dispatch, models.PROTECT, related_name="visit_counts")
    link = models.ForeignKey(
        "messaging.TrackedLink", models.CASCADE, null=True, related_name="+"
    )
    kind = models.CharField(max_length=20)
    is_human = models.BooleanField()
    count = models.BigIntegerField(default=0)

    class Meta:
        db_table = "visit_counts"
        constraints = (
            models.UniqueConstraint(
                fields=("dispatch", "link", "kind", "is_human"),
                nulls_distinct=False,
                name="one_count_of_visits",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.count}"

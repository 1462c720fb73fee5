from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class Segment(models.Model):
    """A named set of customers: a list, or a rule that finds them."""

    class Type(models.TextChoices):
        MANUAL = "manual", _("Manual list")
        CONDITIONS = "conditions", _("Conditions")
        SQL = "sql", _("SQL")
        FUNCTION = "function", _("Function")

    name = models.CharField(_("name"), max_length=200, unique=True)
    description = models.TextField(_("description"), blank=True)
    type = models.CharField(
        _("type"), max_length=10, choices=Type.choices, default=Type.MANUAL
    )
    selection_sql = models.TextField(_("SQL"), blank=True)
    handler_function = models.CharField(_("function"), max_length=200, blank=True)
    handler_parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    conditions = models.JSONField(_("conditions"), default=dict, blank=True)
    customers = models.ManyToManyField(
        "customers.Customer", through="SegmentMember", related_name="+"
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)
    history = HistoricalRecords(table_name="customer_segments_history")

    class Meta:
        db_table = "customer_segments"
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ("name",)
        permissions = (
            ("write_sql", _("Can write SQL segments")),
            ("export_segment", _("Can export segments")),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("admin:segments_segment_view", args=(self.pk,))


class SegmentMember(models.Model):
    """A customer on the list of a manual segment."""

    segment = models.ForeignKey(
        Segment,
        models.CASCADE,
        db_column="customer_segment_id",
        related_name="memberships",
    )
    customer = models.ForeignKey(
        "customers.Customer", models.CASCADE, related_name="segment_memberships"
    )

    class Meta:
        db_table = "customer_segment_customer_list"
        constraints = (
            models.UniqueConstraint(
                "segment", "customer", name="one_membership_per_segment"
            ),
        )

    def __str__(self) -> str:
        return f"{self.segment_id}: {self.customer_id}"


class SegmentSnapshot(models.Model):
    """Who was in a segment when it was last looked up, and how that went."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting for a worker")
        RUNNING = "running", _("Being looked up")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")

    segment = models.ForeignKey(Segment, models.CASCADE, related_name="snapshots")
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.RUNNING
    )
    customer_count = models.BigIntegerField(_("customers"), default=0)
    ignored_count = models.BigIntegerField(_("unknown or empty IDs"), default=0)
    # Beside the look-up before; None for a first one.
    entered_count = models.BigIntegerField(_("entered"), null=True, blank=True)
    left_count = models.BigIntegerField(_("left"), null=True, blank=True)
    # The figures stay; who was found is forgotten after some look-ups.
    has_members = models.BooleanField(default=True, db_default=True)
    error = models.TextField(_("error"), blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    started_at = models.DateTimeField(_("started at"), db_default=Now())
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        db_table = "segment_snapshots"
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("segment", "-id"), name="snapshots_of_segment"),
            models.Index(
                fields=("id",),
                condition=models.Q(state__in=("queued", "running")),
                name="snapshots_under_way",
            ),
        )

    def __str__(self) -> str:
        return f"{self.segment_id} @ {self.started_at}"


class SegmentSnapshotMember(models.Model):
    """A customer found by one snapshot.

    Millions are written at once, from rows that were just read, and all of a snapshot
    go together: checking each one against both tables would take most of the time.
    """

    snapshot = models.ForeignKey(
        SegmentSnapshot, models.CASCADE, related_name="members", db_constraint=False
    )
    customer = models.ForeignKey(
        "customers.Customer", models.CASCADE, related_name="+", db_constraint=False
    )

    class Meta:
        db_table = "segment_snapshot_members"
        constraints = (
            models.UniqueConstraint(
                "snapshot", "customer", name="one_member_per_snapshot"
            ),
        )

    def __str__(self) -> str:
        return f"{self.snapshot_id}: {self.customer_id}"

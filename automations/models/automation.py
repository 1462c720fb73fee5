from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class Automation(models.Model):
    """A template sent to a segment, on a schedule or once."""

    class Schedule(models.TextChoices):
        CRON = "cron", _("Again and again")
        ONCE = "once", _("Once, at a date and time")
        NOW = "now", _("Once, now")

    class Policy(models.TextChoices):
        EVERY_RUN = "every_run", _("At every run")
        ONCE = "once", _("Only once")
        AGAIN_AFTER = "again_after", _("Again after some days")

    class Misfire(models.TextChoices):
        LATEST = "latest", _("Send the latest missed run, if not too old")
        ALL = "all", _("Send every missed run")
        SKIP = "skip", _("Leave missed runs out")

    name = models.CharField(_("name"), max_length=200, unique=True)
    segment = models.ForeignKey(
        "segments.Segment",
        models.PROTECT,
        db_column="customer_segment_id",
        related_name="automations",
        verbose_name=_("segment"),
    )
    template = models.ForeignKey(
        "messaging.MessageTemplate",
        models.PROTECT,
        db_column="message_template_id",
        related_name="automations",
        verbose_name=_("message template"),
    )
    schedule = models.CharField(
        _("when"), max_length=10, choices=Schedule.choices, default=Schedule.CRON
    )
    cron = models.CharField(_("cron"), max_length=200, blank=True)
    run_at = models.DateTimeField(_("date and time"), null=True, blank=True)
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC")
    local_time = models.TimeField(
        _("time of the day where the customer is"),
        null=True,
        blank=True,
        help_text=_(
            "Each customer gets it when clocks in their own time zone show this for the"
            " first time after a run is due. Empty: all at once."
        ),
    )
    is_active = models.BooleanField(_("active"), default=False)
    policy = models.CharField(
        _("each customer gets it"),
        max_length=15,
        choices=Policy.choices,
        default=Policy.ONCE,
    )
    again_after_days = models.PositiveIntegerField(
        _("again after days"), null=True, blank=True
    )
    misfire = models.CharField(
        _("missed runs"),
        max_length=10,
        choices=Misfire.choices,
        default=Misfire.LATEST,
    )
    grace_minutes = models.PositiveIntegerField(
        _("grace time in minutes"),
        default=60,
        help_text=_("A missed run older than this is recorded as missed."),
    )
    holdout_percent = models.PositiveSmallIntegerField(
        _("held out, in percent"),
        default=0,
        validators=(MinValueValidator(0), MaxValueValidator(50)),
        help_text=_("So many get nothing, to compare with those who do."),
    )
    utm_campaign = models.CharField(
        _("campaign in web analytics"),
        max_length=100,
        blank=True,
        help_text=_(
            "Added to the links as utm_campaign. Empty: the template's name, if links"
            " get such parameters at all."
        ),
    )
    schedule_since = models.DateTimeField(
        _("schedule counts from"),
        null=True,
        blank=True,
        editable=False,
    )
    last_slot_at = models.DateTimeField(null=True, blank=True, editable=False)
    periodic_task = models.OneToOneField(
        "django_celery_beat.PeriodicTask",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)
    history = HistoricalRecords(table_name="automations_history")

    class Meta:
        db_table = "automations"
        verbose_name = _("automation")
        verbose_name_plural = _("automations")
        ordering = ("name",)
        permissions = (
            ("run_automation", _("Can run an automation by hand")),
            ("export_automation", _("Can export automations")),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("admin:automations_automation_view", args=(self.pk,))

    @property
    def is_over(self) -> bool:
        """Say whether it was a one-off whose slot has come."""
        is_once = self.schedule == self.Schedule.ONCE
        return is_once and not self.is_active and self.last_slot_at is not None


class AutomationRun(models.Model):
    """One slot of an automation: when it was due and what was made of it."""

    class State(models.TextChoices):
        DUE = "due", _("Due")
        PREPARING = "preparing", _("Being prepared")
        SENDING = "sending", _("Sending")
        HELD = "held", _("Held")
        DONE = "done", _("Done")
        MISSED = "missed", _("Missed")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    OPEN = (State.DUE, State.PREPARING, State.SENDING, State.HELD)

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", _("Schedule")
        MANUAL = "manual", _("By hand")

    automation = models.ForeignKey(
        Automation, models.PROTECT, related_name="runs", verbose_name=_("automation")
    )
    scheduled_for = models.DateTimeField(_("due at"))
    trigger = models.CharField(
        _("started by"),
        max_length=10,
        choices=Trigger.choices,
        default=Trigger.SCHEDULE,
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.DUE
    )
    error = models.TextField(_("error"), blank=True)
    dispatch = models.OneToOneField(
        "messaging.Dispatch",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="automation_run",
    )
    # How many were to get it when it was prepared; runs are compared by that.
    receiver_count = models.BigIntegerField(null=True, editable=False)
    claimed_at = models.DateTimeField(null=True, blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        db_table = "automation_runs"
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        permissions = (("export_automationrun", _("Can export runs")),)
        ordering = ("-scheduled_for", "-id")
        constraints = (
            models.UniqueConstraint(
                "automation", "scheduled_for", name="one_run_per_slot"
            ),
        )
        indexes = (
            models.Index(
                fields=("id",),
                condition=models.Q(state__in=("due", "preparing")),
                name="runs_to_prepare",
            ),
            models.Index(fields=("-scheduled_for", "-id"), name="runs_newest_first"),
            models.Index(
                fields=("dispatch",),
                condition=models.Q(state__in=("sending", "held")),
                name="runs_under_way",
            ),
        )

    def __str__(self) -> str:
        return f"{self.automation} – {self.scheduled_for:%Y-%m-%d %H:%M} UTC"

    def get_absolute_url(self) -> str:
        return reverse("admin:automations_automationrun_change", args=(self.pk,))

    @property
    def is_waiting(self) -> bool:
        """Say whether its audience is still to be looked up."""
        return self.state in (self.State.DUE, self.State.PREPARING)

    @property
    def may_be_retried(self) -> bool:
        """Say whether it ended before a single message was written."""
        ended = (self.State.MISSED, self.State.FAILED)
        return self.state in ended and self.dispatch_id is None

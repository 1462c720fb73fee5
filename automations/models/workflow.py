from django.contrib.postgres.indexes import BrinIndex
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class Workflow(models.Model):
    """A trigger and the steps that follow for each member who meets it."""

    class Reentry(models.TextChoices):
        AFTER_COOLDOWN = "after_cooldown", _("Again, after the cooldown")
        ONCE = "once", _("Only once")

    class AtUnsubscribe(models.TextChoices):
        GO_ON = "go_on", _("Leave mails out and go on with the rest")
        END = "end", _("Leave the workflow")

    name = models.CharField(_("name"), max_length=200, unique=True)
    description = models.TextField(_("description"), blank=True)
    trigger = models.JSONField(_("trigger"), default=dict)
    steps = models.JSONField(_("steps"), default=list)
    is_enabled = models.BooleanField(_("enabled"), default=False)
    # Ten years at most: no calendar goes back by every number of days.
    cooldown_period_days = models.PositiveIntegerField(
        _("cooldown in days"), default=7, validators=(MaxValueValidator(3_650),)
    )
    context = models.JSONField(_("context"), default=dict, blank=True)
    reentry = models.CharField(
        _("a member may enter"),
        max_length=15,
        choices=Reentry.choices,
        default=Reentry.AFTER_COOLDOWN,
        db_default=Reentry.AFTER_COOLDOWN,
    )
    goal = models.JSONField(_("goal"), null=True, blank=True)
    exit_conditions = models.JSONField(_("leave when"), null=True, blank=True)
    at_unsubscribe = models.CharField(
        _("who unsubscribes"),
        max_length=10,
        choices=AtUnsubscribe.choices,
        default=AtUnsubscribe.GO_ON,
        db_default=AtUnsubscribe.GO_ON,
    )
    check_hour = models.PositiveSmallIntegerField(
        _("hour of the daily check"),
        default=4,
        db_default=4,
        validators=(MaxValueValidator(23),),
    )
    timezone = models.CharField(
        _("time zone"),
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text=_("Of the daily check. Empty: the project's."),
    )
    # The last day, in that zone, of which the daily check is done.
    checked_on = models.DateField(null=True, blank=True, editable=False)
    # Why the last daily check came to nothing; it is tried again a while later.
    check_error = models.TextField(
        blank=True, default="", db_default="", editable=False
    )
    check_failed_at = models.DateTimeField(null=True, blank=True, editable=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Not PROTECT: it goes with the workflow, and nothing else may take it away.
    current_version = models.ForeignKey(
        "automations.WorkflowVersion",
        models.RESTRICT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
    )
    enabled_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)
    history = HistoricalRecords(table_name="automation_workflows_history")

    class Meta:
        db_table = "automation_workflows"
        verbose_name = _("workflow")
        verbose_name_plural = _("workflows")
        ordering = ("name",)
        permissions = (("export_workflow", _("Can export workflows")),)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("admin:automations_workflow_view", args=(self.pk,))


class WorkflowVersion(models.Model):
    """The steps and conditions that people in flight began with; never changed."""

    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    trigger = models.JSONField(default=dict)
    steps = models.JSONField(default=list)
    context = models.JSONField(default=dict)
    goal = models.JSONField(null=True)
    exit_conditions = models.JSONField(null=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        db_table = "workflow_versions"
        ordering = ("workflow", "-number")
        constraints = (
            models.UniqueConstraint(
                "workflow", "number", name="one_workflow_version_per_number"
            ),
        )

    def __str__(self) -> str:
        return f"{self.workflow} v{self.number}"


class Enrolment(models.Model):
    """One member's way through one version of a workflow."""

    class State(models.TextChoices):
        ACTIVE = "active", _("Active")
        PAUSED = "paused", _("Paused")
        COMPLETED = "completed", _("Completed")
        CONVERTED = "converted", _("Converted")
        EXITED = "exited", _("Exited")
        # Matched already when the workflow was enabled, and does so still.
        LEFT_OUT = "left_out", _("Left out")

    ON_THE_WAY = (State.ACTIVE, State.PAUSED)

    # Their indexes, like that of a log's workflow, stand below with more columns.
    workflow = models.ForeignKey(
        Workflow,
        models.PROTECT,
        db_index=False,
        related_name="enrolments",
        verbose_name=_("workflow"),
    )
    version = models.ForeignKey(
        WorkflowVersion, models.PROTECT, db_index=False, related_name="+"
    )
    customer = models.ForeignKey(
        "customers.Customer",
        models.CASCADE,
        db_column="member_id",
        related_name="enrolments",
        verbose_name=_("member"),
    )
    trigger_key = models.CharField(max_length=200)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.ACTIVE
    )
    step_path = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    # At a step that waits, until `due_at` or an activity of this name.
    is_waiting = models.BooleanField(default=False, db_default=False)
    waits_for = models.CharField(max_length=255, blank=True, default="", db_default="")
    context = models.JSONField(default=dict)
    exit_reason = models.CharField(max_length=200, blank=True)
    entered_at = models.DateTimeField(_("entered at"), db_default=Now())
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        db_table = "enrolments"
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        ordering = ("-id",)
        permissions = (("export_enrolment", "Can export enrolments"),)
        constraints = (
            models.UniqueConstraint(
                "workflow",
                "customer",
                "trigger_key",
                name="one_enrolment_per_trigger",
            ),
        )
        indexes = (
            models.Index(
                fields=("due_at", "id"),
                condition=models.Q(state="active"),
                name="enrolments_due",
            ),
            models.Index(
                fields=("waits_for", "customer"),
                condition=models.Q(state="active") & ~models.Q(waits_for=""),
                name="enrolments_waiting_for",
            ),
            models.Index(fields=("workflow", "-id"), name="enrolments_of_workflow"),
            models.Index(fields=("state", "-id"), name="enrolments_by_state"),
            models.Index(
                fields=("version", "state", "step_path", "exit_reason"),
                name="enrolments_at_steps",
            ),
        )

    def __str__(self) -> str:
        return f"{self.workflow} #{self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("admin:automations_enrolment_change", args=(self.pk,))


class AutomationLog(models.Model):
    """One step that was carried out for one member, and how it went."""

    customer = models.ForeignKey(
        "customers.Customer",
        models.CASCADE,
        db_column="member_id",
        related_name="automation_logs",
        verbose_name=_("member"),
    )
    workflow = models.ForeignKey(
        Workflow,
        models.CASCADE,
        db_index=False,
        related_name="logs",
        verbose_name=_("workflow"),
    )
    # The number of the version that the enrolment is pinned to.
    version = models.PositiveIntegerField(_("version"), null=True, editable=False)
    enrolment = models.ForeignKey(
        Enrolment, models.CASCADE, null=True, related_name="logs"
    )
    step = models.CharField(_("step"), max_length=200)
    executed_at = models.DateTimeField(_("executed at"), db_default=Now())
    success = models.BooleanField(_("success"))
    # It failed, and is tried again by its rule.
    will_retry = models.BooleanField(default=False, db_default=False)
    error_message = models.TextField(_("error"), blank=True)
    step_id = models.CharField(max_length=40, blank=True, default="", db_default="")
    # What the step did or found, where there is more to say than its name.
    detail = models.TextField(_("detail"), blank=True, default="", db_default="")
    # What the step made.
    delivery = models.ForeignKey(
        "messaging.Delivery",
        models.SET_NULL,
        null=True,
        db_index=False,
        related_name="+",
    )
    task = models.ForeignKey(
        "automations.StaffTask",
        models.SET_NULL,
        null=True,
        db_index=False,
        related_name="+",
    )
    offer = models.ForeignKey(
        "customers.MemberOffer",
        models.SET_NULL,
        null=True,
        db_index=False,
        related_name="+",
    )

    class Meta:
        db_table = "automation_logs"
        verbose_name = _("automation log")
        verbose_name_plural = _("automation logs")
        ordering = ("-id",)
        permissions = (("export_automationlog", "Can export automation logs"),)
        indexes = (
            *(
                models.Index(
                    fields=(made,),
                    condition=models.Q(**{f"{made}__isnull": False}),
                    name=f"automation_logs_{made}",
                )
                for made in ("delivery", "task", "offer")
            ),
            models.Index(fields=("workflow", "-id"), name="logs_of_workflow"),
            models.Index(fields=("step", "-id"), name="logs_by_kind_of_step"),
            models.Index(
                fields=("-id",), condition=models.Q(success=False), name="logs_failed"
            ),
            models.Index(
                fields=("workflow", "version", "step_id", "success", "will_retry"),
                name="logs_at_steps",
            ),
            BrinIndex(fields=("executed_at",), name="logs_by_time"),
        )

    def __str__(self) -> str:
        return self.step

    def get_absolute_url(self) -> str:
        return reverse("admin:automations_automationlog_change", args=(self.pk,))

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords


class Workflow(models.Model):
    """A trigger and the steps that follow for each member who meets it."""

    name = models.CharField(_("name"), max_length=200, unique=True)
    description = models.TextField(_("description"), blank=True)
    trigger = models.JSONField(_("trigger"), default=dict)
    steps = models.JSONField(_("steps"), default=list)
    is_enabled = models.BooleanField(_("enabled"), default=False)
    cooldown_period_days = models.PositiveIntegerField(_("cooldown in days"), default=7)
    context = models.JSONField(_("context"), default=dict, blank=True)
    enabled_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)
    history = HistoricalRecords(table_name="automation_workflows_history")

    class Meta:
        db_table = "automation_workflows"
        verbose_name = _("workflow")
        verbose_name_plural = _("workflows")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class WorkflowVersion(models.Model):
    """The steps and conditions that people in flight began with."""

    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(_("version"))
    trigger = models.JSONField(default=dict)
    steps = models.JSONField(default=list)
    context = models.JSONField(default=dict)
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
        COMPLETED = "completed", _("Completed")
        CONVERTED = "converted", _("Converted")
        EXITED = "exited", _("Exited")

    workflow = models.ForeignKey(Workflow, models.PROTECT, related_name="enrolments")
    version = models.ForeignKey(WorkflowVersion, models.PROTECT, related_name="+")
    customer = models.ForeignKey(
        "customers.Customer",
        models.CASCADE,
        db_column="member_id",
        related_name="enrolments",
    )
    trigger_key = models.CharField(max_length=200)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.ACTIVE
    )
    step_path = models.CharField(max_length=200, blank=True)
    due_at = models.DateTimeField(db_default=Now())
    context = models.JSONField(default=dict)
    exit_reason = models.CharField(max_length=200, blank=True)
    entered_at = models.DateTimeField(_("entered at"), db_default=Now())
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        db_table = "enrolments"
        ordering = ("-id",)
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
        )

    def __str__(self) -> str:
        return f"{self.workflow_id}: {self.customer_id}"


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
        Workflow, models.CASCADE, related_name="logs", verbose_name=_("workflow")
    )
    enrolment = models.ForeignKey(
        Enrolment, models.CASCADE, null=True, related_name="logs"
    )
    step = models.CharField(_("step"), max_length=200)
    executed_at = models.DateTimeField(_("executed at"), db_default=Now())
    success = models.BooleanField(_("success"))
    error_message = models.TextField(_("error"), blank=True)

    class Meta:
        db_table = "automation_logs"
        verbose_name = _("automation log")
        verbose_name_plural = _("automation logs")
        ordering = ("-id",)

    def __str__(self) -> str:
        return self.step

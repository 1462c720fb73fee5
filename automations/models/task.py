from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# A literal, for the conditions of the indexes below.
_OPEN = ("pending", "in_progress")


class StaffTaskQuerySet(models.QuerySet["StaffTask"]):
    def open(self) -> "StaffTaskQuerySet":
        """Keep what is still to be done."""
        return self.filter(status__in=_OPEN)

    def overdue(self) -> "StaffTaskQuerySet":
        """Keep what should have been done before today."""
        return self.open().filter(due_date__lt=timezone.localdate())


class StaffTask(models.Model):
    """Something a member of staff is to do, usually about a customer."""

    OPEN = _OPEN

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        IN_PROGRESS = "in_progress", _("In progress")
        COMPLETED = "completed", _("Completed")
        CANCELLED = "cancelled", _("Cancelled")

    class Priority(models.TextChoices):
        LOW = "low", _("Low")
        MEDIUM = "medium", _("Medium")
        HIGH = "high", _("High")

    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="staff_tasks",
        verbose_name=_("assignee"),
    )
    customer = models.ForeignKey(
        "customers.Customer",
        models.CASCADE,
        null=True,
        blank=True,
        db_column="related_member_id",
        related_name="staff_tasks",
        verbose_name=_("related member"),
    )
    workflow = models.ForeignKey(
        "automations.Workflow",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="staff_tasks",
        verbose_name=_("workflow"),
    )
    description = models.TextField(_("description"), max_length=2_000)
    status = models.CharField(
        _("status"), max_length=15, choices=Status.choices, default=Status.PENDING
    )
    priority = models.CharField(
        _("priority"), max_length=10, choices=Priority.choices, default=Priority.MEDIUM
    )
    due_date = models.DateField(_("due date"), null=True, blank=True)
    source_key = models.CharField(max_length=200, null=True, unique=True)  # noqa: DJ001
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    completed_at = models.DateTimeField(_("completed at"), null=True, blank=True)

    objects = StaffTaskQuerySet.as_manager()

    class Meta:
        db_table = "staff_tasks"
        verbose_name = _("staff task")
        verbose_name_plural = _("staff tasks")
        ordering = ("due_date", "id")
        permissions = (("export_stafftask", _("Can export staff tasks")),)
        indexes = (
            models.Index(fields=("status", "-id"), name="staff_tasks_by_status"),
            models.Index(
                fields=("due_date", "id"),
                condition=models.Q(status__in=_OPEN),
                name="staff_tasks_open",
            ),
            models.Index(
                fields=("assignee", "due_date", "id"),
                condition=models.Q(status__in=_OPEN),
                name="staff_tasks_open_of",
            ),
        )

    def __str__(self) -> str:
        # Not its words, which may be about a person: this stays in histories.
        return gettext("Task %s") % self.pk

    def get_absolute_url(self) -> str:
        return reverse("admin:automations_stafftask_view", args=(self.pk,))

    @property
    def is_open(self) -> bool:
        return self.status in self.OPEN

    @property
    def is_overdue(self) -> bool:
        is_late = self.due_date is not None and self.due_date < timezone.localdate()
        return self.is_open and is_late


class TaskComment(models.Model):
    """What a member of staff noted on a task; none is changed or deleted."""

    task = models.ForeignKey(StaffTask, models.CASCADE, related_name="comments")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    text = models.TextField(_("comment"))
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "task_comments"
        default_permissions = ()
        ordering = ("id",)

    def __str__(self) -> str:
        return self.text

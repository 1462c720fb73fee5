from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from automations.models.workflow import Workflow


class WorkflowLook(models.Model):
    """One look at whom a workflow's trigger means, which somebody asked for.

    A dry run only counts, and is kept until the next one; a look that lets in enrols,
    and stays as a record.
    """

    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="looks")
    lets_in = models.BooleanField(default=False)
    # How far back a dry run asks the events that start the workflow.
    days = models.PositiveSmallIntegerField(default=1)
    requested_at = models.DateTimeField(db_default=Now())
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    claimed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    meant = models.BigIntegerField(default=0)
    # How many entered, or would.
    entering = models.BigIntegerField(default=0)
    # IDs of the first of them, and how many are kept out by which rule.
    first = models.JSONField(default=list)
    kept_out = models.JSONField(default=dict)
    error = models.TextField(blank=True)

    class Meta:
        db_table = "workflow_looks"
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("workflow", "days"),
                condition=Q(lets_in=False),
                name="one_dry_run_per_workflow",
            ),
            models.UniqueConstraint(
                fields=("workflow",),
                condition=Q(lets_in=True, finished_at=None),
                name="one_waiting_check_per_workflow",
            ),
        )
        indexes = (
            models.Index(
                fields=("requested_at",),
                condition=Q(finished_at=None),
                name="workflow_looks_waiting",
            ),
        )

    def __str__(self) -> str:
        return f"{self.workflow} {self.requested_at}"

    @property
    def is_waiting(self) -> bool:
        return self.finished_at is None

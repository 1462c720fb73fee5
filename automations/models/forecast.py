from collections import Counter

from django.conf import settings
from django.db import models
from django.db.models.functions import Now


class Forecast(models.Model):
    """Whom a run of an automation would reach, as it was last counted.

    `counts` is a list of [state, reason, number], as deliveries would be written.
    """

    automation = models.OneToOneField(
        "automations.Automation",
        models.CASCADE,
        primary_key=True,
        related_name="forecast",
    )
    requested_at = models.DateTimeField(db_default=Now())
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    claimed_at = models.DateTimeField(null=True)
    counted_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=list)
    last_run = models.ForeignKey(
        "automations.AutomationRun", models.SET_NULL, null=True, related_name="+"
    )
    entered_count = models.BigIntegerField(default=0)
    left_count = models.BigIntegerField(default=0)
    surge = models.TextField(blank=True)
    error = models.TextField(blank=True)

    class Meta:
        db_table = "automation_forecasts"
        indexes = (
            models.Index(
                fields=("requested_at",),
                condition=models.Q(counted_at__isnull=True),
                name="forecasts_waiting",
            ),
        )

    def __str__(self) -> str:
        return f"{self.automation_id}"

    @property
    def counter(self) -> Counter[tuple[str, str]]:
        """The counts by state and reason."""
        return Counter(
            {(state, reason): number for state, reason, number in self.counts}
        )

    @property
    def total(self) -> int:
        return sum(number for _state, _reason, number in self.counts)

    @property
    def reached(self) -> int:
        """How many would get the message."""
        return sum(
            number for state, _reason, number in self.counts if state == "pending"
        )

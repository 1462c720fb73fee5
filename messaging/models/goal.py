from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

MOST_DAYS = 90


class ConversionGoal(models.Model):
    """What counts as a conversion of the dispatches of a series.

    A move to the stage `name` of a funnel, or an activity of that name, within so many
    days after the message.
    """

    class Kind(models.TextChoices):
        MOVE = "move", _("Move to a stage")
        ACTIVITY = "activity", _("Activity")

    series = models.CharField(max_length=200)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    funnel_type = models.CharField(_("funnel"), max_length=20, blank=True)
    name = models.CharField(_("name"), max_length=100)
    days = models.PositiveSmallIntegerField(
        _("within days"),
        default=7,
        validators=(MinValueValidator(1), MaxValueValidator(MOST_DAYS)),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), db_default=Now())

    class Meta:
        db_table = "conversion_goals"
        verbose_name = _("conversion goal")
        verbose_name_plural = _("conversion goals")
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                "series",
                "kind",
                "funnel_type",
                "name",
                name="one_goal_of_a_name",
            ),
        )

    def __str__(self) -> str:
        return self.name

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


def usual_purchases() -> list[str]:
    """Return the names under which most systems record purchases."""
    return ["purchase", "order", "payment", "tuition paid", "renewal"]


def usual_visits() -> list[str]:
    """Return the names under which most systems record visits."""
    return [
        "visit",
        "page visit",
        "login",
        "check-in",
        "class attended",
        "session attended",
        "webinar attended",
        "open day visited",
        "form submitted",
    ]


class Standing(models.TextChoices):
    """What a customer is classified as; the first rule that holds decides."""

    NEW = "new", _("New Customer")
    LOW_ENGAGEMENT = "low_engagement", _("Low Engagement")
    CHURN_RISK = "churn_risk", _("Churn Risk")
    HEALTHY = "healthy", _("Healthy")


class ScoreSettings(models.Model):
    """The one row that says what counts, for the classification and for the scores."""

    purchase_names = ArrayField(
        models.CharField(max_length=100),
        verbose_name=_("activities that are purchases"),
        default=usual_purchases,
        blank=True,
    )
    visit_names = ArrayField(
        models.CharField(max_length=100),
        verbose_name=_("activities that are visits"),
        default=usual_visits,
        blank=True,
    )
    horizon_days = models.PositiveSmallIntegerField(
        _("days to look ahead"),
        default=90,
        validators=[MinValueValidator(7), MaxValueValidator(730)],
    )
    medium_from = models.PositiveSmallIntegerField(
        _("medium activity from"), default=2, validators=[MinValueValidator(1)]
    )
    high_from = models.PositiveSmallIntegerField(
        _("high activity from"), default=8, validators=[MinValueValidator(1)]
    )
    few_opens = models.PositiveSmallIntegerField(_("few opens are below"), default=3)
    few_purchases = models.PositiveSmallIntegerField(
        _("few purchases are below"), default=2
    )
    purchase_days = models.PositiveSmallIntegerField(
        _("days since the last purchase, more than"), default=30
    )
    high_spend = models.DecimalField(
        _("high spend is from"),
        max_digits=14,
        decimal_places=2,
        default=Decimal(100),
        validators=[MinValueValidator(0)],
    )

    class Meta:
        db_table = "score_settings"
        verbose_name = _("settings of scores")
        verbose_name_plural = _("settings of scores")
        constraints = (
            models.CheckConstraint(condition=Q(pk=1), name="one_row_of_score_settings"),
            models.CheckConstraint(
                condition=Q(high_from__gt=F("medium_from")),
                name="high_activity_is_above_medium",
                violation_error_message=_(
                    "High activity must begin above medium activity."
                ),
            ),
        )

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def current(cls) -> "ScoreSettings":
        """Return the settings as saved, or the defaults while nobody saved any."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)


class ScoreRefresh(models.Model):
    """One computation of everybody's scores: how it went, and how good it is."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting for a worker")
        RUNNING = "running", _("Under way")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")

    class Step(models.TextChoices):
        HISTORY = "history", _("Reading the history")
        TRAINING = "training", _("Training the model")
        SCORING = "scoring", _("Scoring the customers")
        STORING = "storing", _("Storing the scores")

    class Method(models.TextChoices):
        MODEL = "model", _("Model")
        RULE = "rule", _("Recency rule")

    UNDER_WAY = (State.QUEUED, State.RUNNING)

    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.QUEUED
    )
    step = models.CharField(
        _("step"), max_length=10, choices=Step.choices, default=Step.HISTORY
    )
    method = models.CharField(
        _("method"), max_length=10, choices=Method.choices, blank=True
    )
    note = models.TextField(_("why no model"), blank=True)
    # The one whose scores everybody reads.
    is_current = models.BooleanField(default=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    requested_at = models.DateTimeField(_("asked for at"), db_default=Now())
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    as_of = models.DateTimeField(_("as of"), null=True, blank=True)
    horizon_days = models.PositiveSmallIntegerField(_("days ahead"), default=0)
    customers_scored = models.PositiveBigIntegerField(_("done"), default=0)
    customer_count = models.PositiveBigIntegerField(_("customers"), default=0)
    figures = models.JSONField(_("figures"), default=dict, blank=True)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        db_table = "score_refreshes"
        verbose_name = _("refresh of scores")
        verbose_name_plural = _("refreshes of scores")
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("is_current",),
                condition=Q(is_current=True),
                name="one_current_score_refresh",
            ),
        )

    def __str__(self) -> str:
        return f"#{self.pk} ({self.get_state_display()})"

    @property
    def is_under_way(self) -> bool:
        return self.state in self.UNDER_WAY

    @property
    def seconds(self) -> float:
        """How long its steps took together."""
        return float(sum(self.figures.get("seconds", {}).values()))


class CustomerScore(models.Model):
    """What one refresh found of one customer; only those of the current one count.

    A reason is the number of a fact (see segments.scores.reasons), negative where it
    speaks for staying, with the fact's value beside; 0 is none. Millions of these are
    written and dropped at once, so that no row is checked against other tables.
    """

    class Level(models.IntegerChoices):
        LOW = 0, _("Low")
        MEDIUM = 1, _("Medium")
        HIGH = 2, _("High")

    pk = models.CompositePrimaryKey("customer_id", "refresh_id")
    customer = models.ForeignKey(
        "customers.Customer",
        models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    refresh = models.ForeignKey(
        ScoreRefresh,
        models.CASCADE,
        related_name="scores",
        db_constraint=False,
        db_index=False,
    )
    risk = models.FloatField(_("retention risk"))
    level = models.SmallIntegerField(_("activity level"), choices=Level.choices)
    reason_1 = models.SmallIntegerField(default=0)
    reason_2 = models.SmallIntegerField(default=0)
    reason_3 = models.SmallIntegerField(default=0)
    value_1 = models.FloatField(default=0)
    value_2 = models.FloatField(default=0)
    value_3 = models.FloatField(default=0)

    class Meta:
        db_table = "customer_scores"
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        constraints = (
            models.CheckConstraint(
                condition=Q(risk__gte=0, risk__lte=1), name="risk_from_0_to_1"
            ),
        )

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.risk:.2f}"

import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from messaging.models.template import MessageTemplate


class FrequencyCap(models.Model):
    """How many marketing messages a customer may get within a time.

    Without a channel it counts those of all channels together.
    """

    class Unit(models.TextChoices):
        HOURS = "hours", _("hours")
        DAYS = "days", _("days")

    class Over(models.TextChoices):
        SKIP = "skip", _("is skipped")
        WAIT = "wait", _("waits until there is room")

    channel = models.CharField(
        _("channel"),
        max_length=10,
        blank=True,
        choices=[("", _("All channels together")), *MessageTemplate.Channel.choices],
    )
    most = models.PositiveIntegerField(
        _("at most"),
        validators=(MinValueValidator(1), MaxValueValidator(1000)),
        help_text=_(
            "So many marketing messages for each customer. Transactional messages are"
            " neither counted nor held back."
        ),
    )
    length = models.PositiveIntegerField(
        _("within"),
        validators=(MinValueValidator(1), MaxValueValidator(1000)),
    )
    unit = models.CharField(
        _("unit"), max_length=5, choices=Unit.choices, default=Unit.DAYS
    )
    over = models.CharField(
        _("what is over the cap"),
        max_length=4,
        choices=Over.choices,
        default=Over.SKIP,
        help_text=_(
            "What would have to wait for longer than the page of quiet hours says is"
            " skipped as too late."
        ),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        db_table = "frequency_caps"
        verbose_name = _("frequency cap")
        verbose_name_plural = _("frequency caps")
        ordering = ("channel", "unit", "length")
        permissions = (("export_frequencycap", _("Can export frequency caps")),)
        constraints = (
            models.UniqueConstraint(
                "channel",
                "length",
                "unit",
                name="one_cap_per_channel_and_time",
                violation_error_message=_(
                    "There is a cap for this channel and time already: change that one."
                ),
            ),
            models.CheckConstraint(
                condition=Q(most__gte=1, length__gte=1), name="caps_let_some_through"
            ),
        )

    def __str__(self) -> str:
        return translated("%(channel)s: at most %(most)s within %(time)s") % {
            "channel": self.get_channel_display(),
            "most": self.most,
            "time": self.window_words,
        }

    @property
    def window_words(self) -> str:
        if self.unit == self.Unit.HOURS:
            words = ngettext("%(count)d hour", "%(count)d hours", self.length)
        else:
            words = ngettext("%(count)d day", "%(count)d days", self.length)
        return words % {"count": self.length}

    @property
    def window(self) -> datetime.timedelta:
        return datetime.timedelta(**{self.unit: self.length})

    def concerns(self, channel: str) -> bool:
        """Say whether messages of the channel count."""
        return self.channel in ("", channel)


class SendingHours(models.Model):
    """The one row that says when marketing rests, by the clocks where customers are.

    `most_held_hours` is how long a message may be held back by quiet hours or a cap
    before it is too late for it.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    is_quiet = models.BooleanField(
        _("quiet hours"),
        default=False,
        help_text=_(
            "By the clocks where each customer is. Marketing that falls into them waits"
            " until they end; transactional messages do not."
        ),
    )
    quiet_from = models.TimeField(_("from"), default=datetime.time(21))
    quiet_until = models.TimeField(_("until"), default=datetime.time(8))
    most_held_hours = models.PositiveIntegerField(
        _("hold back for at most so many hours"),
        default=48,
        validators=(MinValueValidator(1), MaxValueValidator(24 * 90)),
        help_text=_(
            "A message that quiet hours or a frequency cap hold back for longer is"
            " skipped as too late."
        ),
    )

    class Meta:
        db_table = "sending_hours"
        verbose_name = _("sending hours")
        verbose_name_plural = _("sending hours")
        constraints = (
            models.CheckConstraint(condition=Q(id=1), name="one_row_of_sending_hours"),
            models.CheckConstraint(
                condition=~Q(quiet_from=F("quiet_until")),
                name="quiet_hours_end",
                violation_error_message=_("Quiet hours cannot end when they begin."),
            ),
        )

    def __str__(self) -> str:
        if not self.is_quiet:
            return translated("There are no quiet hours.")
        return translated("Quiet from %(begin)s to %(end)s") % {
            "begin": f"{self.quiet_from:%H:%M}",
            "end": f"{self.quiet_until:%H:%M}",
        }

    @property
    def most_held(self) -> datetime.timedelta:
        return datetime.timedelta(hours=self.most_held_hours)

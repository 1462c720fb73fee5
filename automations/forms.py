from datetime import UTC, datetime
from typing import Any

from django import forms
from django.forms.widgets import Script
from django.utils import timezone
from django.utils.dates import WEEKDAYS_ABBR
from django.utils.translation import gettext_lazy as _

from automations.cron_form import HOUR_STEPS, MINUTE_STEPS
from automations.models import Automation
from automations.services import automation_errors
from marketing_os.lib.admin import INPUT_CLASSES, ClockInput, SearchableSelect
from marketing_os.lib.errors import DomainError
from marketing_os.lib.zones import place, read_zone, zone_names

# (number in a cron expression, short name) from Monday to Sunday.
_WEEKDAYS = [((number + 1) % 7, WEEKDAYS_ABBR[number]) for number in range(7)]


PAGE_MEDIA = forms.Media(
    css={"all": ("messaging/messaging.css", "automations/schedule.css")}
)
SCHEDULE_MEDIA = PAGE_MEDIA + forms.Media(
    js=[Script("automations/schedule.js", type="module")],  # type: ignore[list-item]
)


class CronWidget(forms.TextInput):
    """The expression with the builder above; without scripts the expression alone."""

    template_name = "admin/automations/cron_widget.html"

    def __init__(self) -> None:
        super().__init__({"class": " ".join(INPUT_CLASSES), "spellcheck": "false"})

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["builder"] = {
            "minute_steps": MINUTE_STEPS,
            "hour_steps": HOUR_STEPS,
            "minutes": range(60),
            "days": range(1, 32),
            "weekdays": _WEEKDAYS,
        }
        return context


class LocalDateTimeField(forms.DateTimeField):
    """A date and time as the clock on the wall shows it, without zone."""

    widget = forms.DateTimeInput(
        {"type": "datetime-local", "class": " ".join(INPUT_CLASSES)},
        format="%Y-%m-%dT%H:%M",
    )

    def to_python(self, value: Any) -> datetime | None:
        with timezone.override(UTC):
            found = super().to_python(value)
        return found.replace(tzinfo=None) if found else None


class AutomationForm(forms.ModelForm):  # type: ignore[type-arg]
    cron = forms.CharField(
        label=_("Cron expression"),
        required=False,
        max_length=200,
        widget=CronWidget,
        help_text=_(
            "Minute, hour, day of the month, month, weekday (0 is Sunday). With a day "
            "of the month and a weekday, both must hold."
        ),
    )
    run_at = LocalDateTimeField(
        label=_("Date and time"),
        required=False,
        help_text=_("In the time zone above."),
    )
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(name, name) for name in zone_names()],
        widget=SearchableSelect,
    )

    class Meta:
        model = Automation
        fields = (
            "name",
            "segment",
            "template",
            "schedule",
            "timezone",
            "cron",
            "run_at",
            "local_time",
            "policy",
            "again_after_days",
            "holdout_percent",
            "utm_campaign",
            "misfire",
            "grace_minutes",
            "is_active",
        )
        widgets = {"local_time": ClockInput}
        help_texts = {
            "is_active": _(
                "The next page says whom it reaches before it is switched on; times"
                " that are over are not made up for."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        run_at, zone_name = self.instance.run_at, self.instance.timezone
        if run_at and zone_name in zone_names():
            local = run_at.astimezone(read_zone(zone_name))
            self.initial["run_at"] = local.replace(tzinfo=None)

    @property
    def switches_on(self) -> bool:
        """Say whether saving is to be followed by the question of switching on."""
        return bool(self.instance.is_active) and (
            "is_active" in self.changed_data
            or self.instance.schedule == Automation.Schedule.NOW
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        local, zone_name = cleaned.get("run_at"), cleaned.get("timezone")
        if local and zone_name:
            try:
                cleaned["run_at"] = place(local, read_zone(zone_name)).at
            except (DomainError, OverflowError):
                self.add_error("run_at", _("Choose a date that calendars still have."))
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if self.errors:
            return
        stored = Automation.objects.filter(pk=self.instance.pk).first()
        errors = automation_errors(self.instance, stored=stored, now=timezone.now())
        for field, sentence in errors.items():
            self.add_error(field, sentence)

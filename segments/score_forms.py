"""Validation of what people choose about scores; nothing is written here."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketing_os.lib.filters import style
from segments.models import ScoreSettings

_MOST_NAMES = 100
_LONGEST_NAME = 100


class NamesField(forms.CharField):
    """Names of activities, one per line."""

    widget = forms.Textarea(attrs={"rows": 6, "spellcheck": "false"})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        lines = str(super().clean(value)).replace(",", "\n").splitlines()
        names = list(dict.fromkeys(line.strip() for line in lines if line.strip()))
        if len(names) > _MOST_NAMES:
            raise ValidationError(_("These are more than %s names.") % _MOST_NAMES)
        for name in names:
            if len(name) > _LONGEST_NAME:
                raise ValidationError(
                    _("A name is longer than %s characters.") % _LONGEST_NAME
                )
        return names


class ScoreSettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """What counts as a purchase and a visit, and the thresholds."""

    purchase_names = NamesField(
        label=gettext_lazy("Activities that are purchases"),
        required=False,
        help_text=gettext_lazy("One name per line. Their amounts are the spend."),
    )
    visit_names = NamesField(
        label=gettext_lazy("Activities that are visits"),
        required=False,
        help_text=gettext_lazy(
            "One name per line: whatever shows that somebody is still with you."
        ),
    )

    class Meta:
        model = ScoreSettings
        fields = (
            "purchase_names",
            "visit_names",
            "horizon_days",
            "medium_from",
            "high_from",
            "few_opens",
            "few_purchases",
            "purchase_days",
            "high_spend",
        )
        help_texts = {
            "horizon_days": gettext_lazy(
                "Retention risk is the chance that nothing is heard of a customer for"
                " so many days."
            ),
            "medium_from": gettext_lazy("Times within the last 30 days."),
            "high_from": gettext_lazy("Times within the last 30 days."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            style(field.widget)

    @property
    def of_names(self) -> list[forms.BoundField]:
        return [self["purchase_names"], self["visit_names"]]

    @property
    def of_scores(self) -> list[forms.BoundField]:
        return [self["horizon_days"], self["medium_from"], self["high_from"]]

    @property
    def of_classification(self) -> list[forms.BoundField]:
        names = ("few_opens", "few_purchases", "purchase_days", "high_spend")
        return [self[name] for name in names]

"""Typed filters for the search section on top of a list."""

import datetime
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import (
    CharFilter,
    ChoiceFilter,
    DateFilter,
    FilterSet,
    NumberFilter,
)

from marketing_os.lib.admin import CHECKBOX_CLASSES, INPUT_CLASSES, SELECT_CLASSES

_EARLIEST = datetime.date(1900, 1, 1)
_LATEST = datetime.date(2999, 12, 31)
LARGEST_ID = 2**63 - 1
# For every date that somebody may type.
SENSIBLE_DAYS = [
    MinValueValidator(_EARLIEST, _("Enter a date after the year 1900.")),
    MaxValueValidator(_LATEST, _("Enter a date before the year 3000.")),
]


def read_id(text: str) -> int | None:
    """Read the number of a row, if the text is one."""
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        return None
    return int(text) if int(text) <= LARGEST_ID else None


class SearchFilterSet(FilterSet):
    """The fields of a list's search section, in the look of the admin."""

    def get_form_class(self) -> type[forms.Form]:
        form_class: type[forms.Form] = super().get_form_class()
        for field in form_class.base_fields.values():  # type: ignore[attr-defined]
            style(field.widget)
        return form_class


def style(widget: forms.Widget) -> None:
    """Give a plain widget, or each of its parts, the look of the admin's inputs."""
    if isinstance(widget, forms.MultiWidget):
        for part in widget.widgets:
            style(part)
        return
    if isinstance(widget, forms.CheckboxInput):
        classes = CHECKBOX_CLASSES
    elif isinstance(widget, forms.Select):
        classes = SELECT_CLASSES
        widget.template_name = "unfold/widgets/select.html"
    else:
        classes = INPUT_CLASSES
    widget.attrs["class"] = " ".join(classes)


def start_of(day: datetime.date) -> datetime.datetime:
    """Return the first moment of a day in the current time zone."""
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))


class _DayFilter(DateFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("validators", SENSIBLE_DAYS)
        kwargs.setdefault("widget", forms.DateInput(attrs={"type": "date"}))
        super().__init__(*args, **kwargs)


class FromDayFilter(_DayFilter):
    """Keep what happened on a day or later."""

    def filter(self, qs: QuerySet[Any], value: datetime.date | None) -> QuerySet[Any]:
        if value is None:
            return qs
        return qs.filter(**{f"{self.field_name}__gte": start_of(value)})


class ToDayFilter(_DayFilter):
    """Keep what happened on a day or earlier."""

    def filter(self, qs: QuerySet[Any], value: datetime.date | None) -> QuerySet[Any]:
        if value is None:
            return qs
        end = start_of(value + datetime.timedelta(days=1))
        return qs.filter(**{f"{self.field_name}__lt": end})


class IdFilter(NumberFilter):
    """Keep the rows of one object, by its number."""

    def __init__(self, field_name: str, label: Any, **kwargs: Any) -> None:
        super().__init__(
            field_name,
            label=label,
            decimal_places=0,
            min_value=1,
            max_value=LARGEST_ID,
            **kwargs,
        )


class FilledFilter(ChoiceFilter):
    """Keep the rows where a text column has, or lacks, a value."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("choices", (("yes", _("Yes")), ("no", _("No"))))
        kwargs.setdefault("empty_label", _("Any"))
        super().__init__(*args, **kwargs)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value == "yes":
            return qs.exclude(**{self.field_name: ""})
        if value == "no":
            return qs.filter(**{self.field_name: ""})
        return qs


class SuggestWidget(forms.TextInput):
    """A text input that suggests values but takes any."""

    template_name = "admin/widgets/suggest.html"

    def __init__(self, suggestions: Any, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.suggestions = suggestions

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"]["suggestions"] = self.suggestions()
        context["widget"]["attrs"]["list"] = f"{name}-suggestions"
        return context


class SuggestFilter(CharFilter):
    """Keep the rows whose column is exactly the text, with known values offered."""

    def __init__(self, *args: Any, suggestions: Any, **kwargs: Any) -> None:
        super().__init__(*args, widget=SuggestWidget(suggestions), **kwargs)

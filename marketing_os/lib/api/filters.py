"""Filters of the API's lists: a value that cannot be is a 400 that names it."""

from typing import Any

from django import forms
from django_filters import rest_framework as filters
from django_filters.fields import IsoDateTimeField

MAX_ID = 2**63 - 1


class _Text(forms.CharField):
    """NUL is refused by Django itself; an address line is no place for a novel."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 320, **kwargs})


class _Moment(IsoDateTimeField):
    def to_python(self, value: Any) -> Any:
        moment = super().to_python(value)
        # What lies at the edge of the calendar has no time in another zone.
        if moment is not None and not 1000 <= moment.year <= 9000:
            raise forms.ValidationError("Give a year between 1000 and 9000.")
        return moment


class TextFilter(filters.CharFilter):
    """A text of at most 320 characters."""

    field_class = _Text


class IdFilter(filters.NumberFilter):
    """The ID of a row."""

    field_class = forms.IntegerField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, min_value=1, max_value=MAX_ID, **kwargs)

    def get_max_validator(self) -> None:
        # The field says the limit itself.
        return None


class MomentFilter(filters.IsoDateTimeFilter):
    """A date and time such as 2026-01-31T14:30:00Z."""

    field_class = _Moment

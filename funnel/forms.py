"""What staff fill in about sessions."""

from typing import Any

from django import forms

from funnel.models import Booking, Session
from funnel.services.sessions import insist_may_change
from marketing_os.lib.errors import DomainError


class SessionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A session, whose facts stay once customers came."""

    class Meta:
        model = Session
        fields = ("group", "starts_at", "name", "minutes", "is_paid", "external_id")

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        try:
            insist_may_change(self.instance, self.changed_data)
        except DomainError as error:
            raise forms.ValidationError(str(error)) from error
        return cleaned


class BookingForm(forms.ModelForm):  # type: ignore[type-arg]
    """Asks whom to book a place for."""

    class Meta:
        model = Booking
        fields = ("customer",)

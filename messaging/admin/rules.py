from typing import Any

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from marketing_os.lib.admin import ClockInput, ModelAdmin, display
from marketing_os.lib.hints import wake
from messaging.models import FrequencyCap, SendingHours
from messaging.services.sending_rules import delete_cap, save_cap, save_hours
from messaging.tasks import judge_held_back_again


@admin.register(FrequencyCap)
class FrequencyCapAdmin(ModelAdmin):
    list_display = ("channel_name", "at_most", "within", "over", "is_active")
    list_display_links = ("channel_name",)
    sortable_by = ()
    fields = ("channel", "most", ("length", "unit"), "over", "is_active")
    empty_title = _("There are no frequency caps.")
    empty_hint = _(
        "A cap says how many marketing messages one customer gets within some hours or"
        " days, whatever automations send. Transactional messages are not counted."
    )

    @display(description=_("channel"))
    def channel_name(self, cap: FrequencyCap) -> str:
        return str(cap.get_channel_display())

    @display(description=_("at most"))
    def at_most(self, cap: FrequencyCap) -> str:
        words = ngettext_lazy("%(count)d message", "%(count)d messages", "count")
        return str(words % {"count": cap.most})

    @display(description=_("within"))
    def within(self, cap: FrequencyCap) -> str:
        return cap.window_words

    def save_model(
        self, request: HttpRequest, obj: FrequencyCap, form: Any, change: bool
    ) -> None:
        save_cap(obj)
        wake(judge_held_back_again)

    def delete_model(self, request: HttpRequest, obj: FrequencyCap) -> None:
        delete_cap(obj)
        wake(judge_held_back_again)

    @transaction.atomic
    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[FrequencyCap]
    ) -> None:
        for cap in queryset:
            delete_cap(cap)
        wake(judge_held_back_again)


class SendingHoursForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = SendingHours
        fields = ("is_quiet", "quiet_from", "quiet_until", "most_held_hours")
        widgets = {"quiet_from": ClockInput, "quiet_until": ClockInput}


@admin.register(SendingHours)
class SendingHoursAdmin(ModelAdmin):
    form = SendingHoursForm
    fields = ("is_quiet", ("quiet_from", "quiet_until"), "most_held_hours")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return self.change_view(  # type: ignore[no-any-return]
            request, "1", extra_context=extra_context
        )

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        found = super().get_object(request, object_id, from_field)
        # The row is made when it is first saved.
        return SendingHours() if found is None and object_id == "1" else found

    def save_model(
        self, request: HttpRequest, obj: SendingHours, form: Any, change: bool
    ) -> None:
        save_hours(obj)
        wake(judge_held_back_again)

    def response_post_save_change(
        self, request: HttpRequest, obj: SendingHours
    ) -> HttpResponse:
        return redirect("admin:messaging_sending")

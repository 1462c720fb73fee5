from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    JsonResponse,
)
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy

from automations import selectors, services
from automations.admin import pages, results
from automations.admin.badges import automation_badge, run_badge
from automations.admin.filters import AutomationFilterSet
from automations.admin.schedule import preview
from automations.forms import SCHEDULE_MEDIA, AutomationForm
from automations.models import Automation
from marketing_os.lib.admin import action, display
from marketing_os.lib.admin_history import HistoryAdmin
from marketing_os.lib.admin_pages import PagesAdmin

_LONGEST_WORDS = 60  # characters; a rarer rhythm is shown as its expression


@admin.register(Automation)
class AutomationAdmin(HistoryAdmin, PagesAdmin):  # type: ignore[misc]
    form = AutomationForm
    gone = gettext_lazy("This automation does not exist any more.")
    list_display = (
        "name",
        "state",
        "segment",
        "template",
        "when",
        "next_run",
        "last_run",
    )
    list_display_links = ("name",)
    list_select_related = ("segment", "template")
    sortable_by = ("name",)
    search_fields = ("name", "segment__name", "template__name")
    search_placeholder = gettext_lazy("Name, segment or template")
    filterset_class = AutomationFilterSet
    autocomplete_fields = ("segment", "template")
    radio_fields = {"schedule": admin.HORIZONTAL}
    actions = ("activate_selected", "deactivate_selected")
    empty_title = gettext_lazy("There are no automations yet.")
    empty_hint = gettext_lazy(
        "An automation sends a template to a segment: once, or again and again. Make "
        "a segment and a template first."
    )
    fieldsets = (
        (None, {"fields": ("name", "segment", "template")}),
        (
            gettext_lazy("When"),
            {
                "fields": (
                    "schedule",
                    "timezone",
                    "cron",
                    "run_at",
                    "local_time",
                    "is_active",
                )
            },
        ),
        (
            gettext_lazy("How often for each customer"),
            {"fields": ("policy", "again_after_days", "holdout_percent")},
        ),
        (gettext_lazy("Links"), {"fields": ("utm_campaign",)}),
        (
            gettext_lazy("When the system was not running"),
            {"fields": ("misfire", "grace_minutes")},
        ),
    )

    @display(description=gettext_lazy("State"))
    def state(self, automation: Automation) -> SafeString:
        return automation_badge(automation)

    @display(description=gettext_lazy("When"))
    def when(self, automation: Automation) -> str:
        words = selectors.schedule_words(automation)
        return words if len(words) <= _LONGEST_WORDS else automation.cron

    @display(description=gettext_lazy("Next run"))
    def next_run(self, automation: Automation) -> str:
        return selectors.local_words(automation, services.next_run_at(automation))

    @display(description=gettext_lazy("Last run"), empty_value="–")
    def last_run(self, automation: Automation) -> SafeString | None:
        run = automation.latest_run  # type: ignore[attr-defined]
        return run_badge(run) if run else None

    @action(description=gettext_lazy("Switch on"), permissions=["change"])
    def activate_selected(
        self, request: HttpRequest, queryset: QuerySet[Automation]
    ) -> HttpResponse | None:
        chosen = list(queryset.select_related("segment", "template"))
        if "confirmed" in request.POST:
            pages.activate_each(request, chosen)
            return None
        if len(chosen) == 1:
            return HttpResponseRedirect(_activate_url(chosen[0]))
        return pages.ask_and_activate_many(self, request, chosen)

    @action(description=gettext_lazy("Switch off"), permissions=["change"])
    def deactivate_selected(
        self, request: HttpRequest, queryset: QuerySet[Automation]
    ) -> None:
        pages.deactivate_each(request, queryset)

    def load_rows(self, request: HttpRequest, rows: list[Automation]) -> None:
        latest = selectors.latest_runs(rows)
        for automation in rows:
            automation.latest_run = latest.get(automation.pk)  # type: ignore[attr-defined]

    @property
    def media(self) -> Any:
        return super().media + SCHEDULE_MEDIA

    def get_urls(self) -> list[URLPattern]:
        schedule = self.admin_site.admin_view(self.schedule_view)
        return [
            path("schedule/", schedule, name="automations_automation_schedule"),
            self.page_route("view/", pages.show, "view"),
            self.page_route("results/", results.show, "results"),
            self.page_route("run/", pages.ask_and_run, "run"),
            self.page_route("switch/", pages.switch, "switch"),
            self.page_route("activate/", pages.activate, "activate"),
            self.page_route("forecast/", pages.forecast_waits, "forecast"),
            *super().get_urls(),
        ]

    def has_run_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("automations.run_automation"))

    def has_delete_permission(
        self, request: HttpRequest, obj: Automation | None = None
    ) -> bool:
        allowed = bool(super().has_delete_permission(request, obj))
        return allowed and (obj is None or not obj.runs.exists())

    def save_model(
        self, request: HttpRequest, obj: Automation, form: AutomationForm, change: bool
    ) -> None:
        if form.switches_on:
            # Done on the page that says to how many it goes, not from the form.
            obj.is_active = False
            request.asks_to_switch_on = True  # type: ignore[attr-defined]
        services.save_automation(obj, by=request.user)  # type: ignore[arg-type]

    def delete_model(self, request: HttpRequest, obj: Automation) -> None:
        services.delete_automation(obj)

    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[Automation]
    ) -> None:
        for automation in queryset:
            services.delete_automation(automation)

    def response_post_save_add(
        self, request: HttpRequest, obj: Automation
    ) -> HttpResponse:
        return self._after_save(request, obj)

    def response_post_save_change(
        self, request: HttpRequest, obj: Automation
    ) -> HttpResponse:
        return self._after_save(request, obj)

    def _after_save(self, request: HttpRequest, obj: Automation) -> HttpResponse:
        if not getattr(request, "asks_to_switch_on", False):
            return HttpResponseRedirect(obj.get_absolute_url())
        if obj.schedule != Automation.Schedule.NOW:
            return HttpResponseRedirect(_activate_url(obj))
        if not self.has_run_permission(request):
            return HttpResponseRedirect(obj.get_absolute_url())
        url = reverse("admin:automations_automation_run", args=(obj.pk,))
        return HttpResponseRedirect(url)

    def schedule_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        return JsonResponse(preview(request.GET, timezone.now()))


def _activate_url(automation: Automation) -> str:
    return reverse("admin:automations_automation_activate", args=(automation.pk,))

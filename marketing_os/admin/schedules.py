from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_celery_beat.models import CrontabSchedule, PeriodicTask

from automations.cron import parse_cron
from automations.cron_words import describe
from automations.models import Automation
from marketing_os.lib.admin import ReadOnlyAdmin, action, display
from marketing_os.lib.errors import DomainError
from marketing_os.schedules import set_enabled


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(ReadOnlyAdmin):
    """What the clock sets off: the product's own tasks, and one for each automation."""

    list_display = ("title", "when", "is_on", "last_run", "made_from")
    list_filter = ("enabled",)
    search_fields = ("name", "description")
    search_placeholder = _("Name of a task or an automation")
    list_select_related = ("crontab", "interval", "clocked", "solar")
    list_before_template = "admin/schedules_hint.html"
    empty_title = _("There are no schedules yet.")
    empty_hint = _("They come when the clock (celery beat) runs for the first time.")
    fields = ("title", "when", "is_on", "last_run", "made_from")
    readonly_fields = fields
    actions = ("pause", "resume")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PeriodicTask]:
        tasks: QuerySet[PeriodicTask] = super().get_queryset(request)
        # Celery adds its own cleaning of results, which the product does not keep.
        return tasks.exclude(name__startswith="celery.")

    def load_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        found = Automation.objects.filter(periodic_task__in=[row.pk for row in rows])
        automations = {one.periodic_task_id: one for one in found}
        for row in rows:
            row.automation = automations.get(row.pk)

    @display(description=_("task"), ordering="name")
    def title(self, task: PeriodicTask) -> str:
        name = str(task.description or task.name)
        return name[:1].upper() + name[1:]

    @display(description=_("when"))
    def when(self, task: PeriodicTask) -> str:
        if task.crontab:
            return f"{_in_words(task.crontab)} {task.crontab.timezone}"
        if task.interval:
            span = timedelta(**{task.interval.period: task.interval.every})
            return str(_("Every %(span)s.")) % {"span": _span(span)}
        return str(task.scheduler)

    @display(description=_("last run"), ordering="last_run_at", empty_value="–")
    def last_run(self, task: PeriodicTask) -> datetime | None:
        last: datetime | None = task.last_run_at
        return last

    @display(description=_("on"), boolean=True, ordering="enabled")
    def is_on(self, task: PeriodicTask) -> bool:
        return bool(task.enabled)

    @display(description=_("made from"))
    def made_from(self, task: PeriodicTask) -> str:
        automation = _automation_of(task)
        if automation is None:
            return str(_("The product"))
        try:
            url = reverse("admin:automations_automation_change", args=(automation.pk,))
        except NoReverseMatch:
            return str(automation)
        return format_html('<a class="mos-link" href="{}">{}</a>', url, automation)

    def has_pause_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("django_celery_beat.change_periodictask")

    @action(description=_("Pause the selected tasks"), permissions=["pause"])
    def pause(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        self._set_enabled(request, queryset, False)

    @action(description=_("Resume the selected tasks"), permissions=["pause"])
    def resume(self, request: HttpRequest, queryset: QuerySet[PeriodicTask]) -> None:
        self._set_enabled(request, queryset, True)

    def _set_enabled(
        self, request: HttpRequest, tasks: Iterable[PeriodicTask], enabled: bool
    ) -> None:
        changed, refused = set_enabled(tasks, enabled=enabled)
        words = (
            ngettext("%d task was resumed.", "%d tasks were resumed.", changed)
            if enabled
            else ngettext("%d task was paused.", "%d tasks were paused.", changed)
        )
        self.message_user(request, words % changed)
        for sentence in refused:
            self.message_user(request, sentence, messages.WARNING)


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(ReadOnlyAdmin):
    """The crons of the automations, as the clock reads them."""

    list_display = ("words", "expression", "zone", "users")
    list_before_template = "admin/schedules_hint.html"
    empty_title = _("There are no crons yet.")
    empty_hint = _("Each automation that runs again and again makes one.")
    fields = ("words", "expression", "zone")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[CrontabSchedule]:
        crontabs: QuerySet[CrontabSchedule] = super().get_queryset(request)
        counted: QuerySet[CrontabSchedule] = crontabs.exclude(
            periodictask__name__startswith="celery."
        ).annotate(user_count=Count("periodictask"))
        return counted

    @display(description=_("when"))
    def words(self, crontab: CrontabSchedule) -> str:
        return _in_words(crontab)

    @display(description=_("cron"))
    def expression(self, crontab: CrontabSchedule) -> str:
        return _expression(crontab)

    @display(description=_("time zone"), ordering="timezone")
    def zone(self, crontab: CrontabSchedule) -> str:
        return str(crontab.timezone)

    @display(description=_("used by tasks"), ordering="user_count")
    def users(self, crontab: Any) -> int:
        return int(crontab.user_count)


def _expression(crontab: CrontabSchedule) -> str:
    return (
        f"{crontab.minute} {crontab.hour} {crontab.day_of_month} "
        f"{crontab.month_of_year} {crontab.day_of_week}"
    )


def _in_words(crontab: CrontabSchedule) -> str:
    try:
        return describe(parse_cron(_expression(crontab)))
    except DomainError:
        return _expression(crontab)


def _span(span: timedelta) -> str:
    """Say a span in its largest whole unit, such as “10 minutes”."""
    seconds = int(span.total_seconds())
    if seconds % 3600 == 0:
        return ngettext("%d hour", "%d hours", seconds // 3600) % (seconds // 3600)
    if seconds % 60 == 0:
        return ngettext("%d minute", "%d minutes", seconds // 60) % (seconds // 60)
    return ngettext("%d second", "%d seconds", seconds) % seconds


def _automation_of(task: PeriodicTask) -> Automation | None:
    if not hasattr(task, "automation"):
        task.automation = Automation.objects.filter(periodic_task=task).first()
    found: Automation | None = task.automation
    return found

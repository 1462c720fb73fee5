from django.contrib.auth.models import User
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from automations.admin.badges import badge
from automations.models import StaffTask

_STATUS_TONES = {
    StaffTask.Status.PENDING: "info",
    StaffTask.Status.IN_PROGRESS: "primary",
    StaffTask.Status.COMPLETED: "good",
    StaffTask.Status.CANCELLED: "",
}
_PRIORITY_TONES = {
    StaffTask.Priority.LOW: "",
    StaffTask.Priority.MEDIUM: "info",
    StaffTask.Priority.HIGH: "warning",
}


def name_of(user: User | None) -> str:
    """Name a member of staff as other staff knows them."""
    return user.get_full_name() or user.get_username() if user else _("Nobody")


def status_badge(task: StaffTask) -> SafeString:
    tone = _STATUS_TONES[StaffTask.Status(task.status)]
    return badge(tone, str(task.get_status_display()))


def priority_badge(task: StaffTask) -> SafeString:
    tone = _PRIORITY_TONES[StaffTask.Priority(task.priority)]
    return badge(tone, str(task.get_priority_display()))


def due_words(task: StaffTask) -> SafeString | str:
    """Show until when a task is to be done, and whether that is over."""
    if task.due_date is None:
        return "–"
    day = date_format(task.due_date, "DATE_FORMAT")
    if task.is_overdue:
        return format_html("{} {}", day, badge("danger", _("Overdue")))
    if task.is_open and task.due_date == localdate():
        return format_html("{} {}", day, badge("warning", _("Today")))
    return day

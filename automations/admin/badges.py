from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from automations.models import Automation, AutomationRun, Enrolment
from messaging.admin.badges import dispatch_badge

_State = AutomationRun.State
_TONES = {
    _State.DUE: "info",
    _State.PREPARING: "info",
    _State.SENDING: "info",
    _State.HELD: "warning",
    _State.DONE: "good",
    _State.MISSED: "warning",
    _State.FAILED: "danger",
    _State.CANCELLED: "",
}

_WAYS = {
    Enrolment.State.ACTIVE: "info",
    Enrolment.State.PAUSED: "warning",
    Enrolment.State.COMPLETED: "good",
    Enrolment.State.CONVERTED: "good",
    Enrolment.State.EXITED: "",
    Enrolment.State.LEFT_OUT: "",
}


def automation_badge(automation: Automation) -> SafeString:
    """Show whether an automation is on."""
    if automation.is_active:
        return badge("good", _("Active"))
    return badge("", _("Over") if automation.is_over else _("Inactive"))


def run_badge(run: AutomationRun) -> SafeString:
    """Show the state of a run; while it sends, that of its messages."""
    if run.dispatch and run.state == _State.SENDING:
        return dispatch_badge(run.dispatch)
    tone = _TONES[_State(run.state)]
    return badge(tone, str(run.get_state_display()))


def enrolment_badge(enrolment: Enrolment) -> SafeString:
    """Show how far a member's way through a workflow is."""
    tone = _WAYS[Enrolment.State(enrolment.state)]
    return badge(tone, str(enrolment.get_state_display()))


def badge(tone: str, words: str) -> SafeString:
    classes = f"mos-badge mos-badge-{tone}" if tone else "mos-badge"
    return format_html('<span class="{}">{}</span>', classes, words)

"""The verbs of messaging; each write goes through one of them."""

from messaging.selectors import dispatch_counts
from messaging.services.audiences import fan_out, forecast
from messaging.services.dispatches import (
    cancel_dispatch,
    hold_dispatch,
    pause_dispatch,
    release_dispatch,
    resume_dispatch,
)
from messaging.services.judging import RecipientPolicy
from messaging.services.past import record_past_dispatch
from messaging.services.sending import send_due
from messaging.services.switches import hold_sending, release_sending
from messaging.services.templates import save_template
from messaging.services.test_mail import send_test_mail

__all__ = [
    "RecipientPolicy",
    "cancel_dispatch",
    "dispatch_counts",
    "fan_out",
    "forecast",
    "hold_dispatch",
    "hold_sending",
    "pause_dispatch",
    "record_past_dispatch",
    "release_dispatch",
    "release_sending",
    "resume_dispatch",
    "save_template",
    "send_due",
    "send_test_mail",
]

"""The reasons and states of deliveries in words, for people."""

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as translated
from django.utils.translation import gettext_lazy as _

from marketing_os.lib.zones import zone_of_customer
from messaging.models import Delivery, Dispatch, MessageTemplate
from messaging.services import history, machines
from messaging.services.past import ELSEWHERE

_Reason = Delivery.Reason
_State = Delivery.State

REASONS: dict[str, Promise] = {
    _Reason.NO_ADDRESS: _("The customer has no e-mail address."),
    _Reason.NO_CONSENT: _("The customer does not want marketing, or never agreed."),
    _Reason.TOPIC_DECLINED: _("The customer chose not to hear of this topic."),
    _Reason.PAUSED: _("The customer asked for a pause, which is not over yet."),
    _Reason.SUPPRESSED: _(
        "The address is on the list of those that nothing is sent to."
    ),
    _Reason.HOLDOUT: _(
        "The address was drawn into the part that gets nothing, for comparison."
    ),
    _Reason.HOLDOUT_AGAIN: _(
        "The address is in the part that gets nothing, for comparison, and would not"
        " have got it a second time anyway."
    ),
    _Reason.ALREADY_RECEIVED: _(
        "The customer, or another with this address, received it before."
    ),
    _Reason.DUPLICATE_ADDRESS: _(
        "Another customer of the audience has the same address and gets the mail."
    ),
    _Reason.TOO_LATE: _(
        "Quiet hours or a frequency cap held it back for longer than is allowed."
    ),
    _Reason.FREQUENCY_CAP: _(
        "The customer had as many messages lately as a frequency cap allows."
    ),
    _Reason.QUIET_HOURS: _("It is quiet hours where the customer is."),
    _Reason.RENDER_ERROR: _("The template could not be filled in for this customer."),
    _Reason.INVALID_ADDRESS: _("The address is not a valid one."),
    _Reason.PROVIDER_REFUSED: _("The mail server refused it for good."),
    _Reason.NO_ANSWER: _(
        "The connection broke before the mail server answered, so nobody knows"
        " whether the mail went out. It is not sent again by itself."
    ),
    _Reason.ERASED: _("The customer was erased before it was sent."),
    _Reason.ERASED_ADDRESS: _(
        "The owner of this address was erased, and has not agreed to mail since."
    ),
    _Reason.ARCHIVED: _("The customer was archived before it was sent."),
    _Reason.RUN_CANCELLED: _("The dispatch was cancelled before it was sent."),
}
STATES: dict[str, Promise] = {
    _State.PENDING: _("It waits for a worker."),
    _State.CLAIMED: _("A worker has it in hand."),
    _State.SENDING: _("It is on its way to the mail server."),
    _State.ACCEPTED: _("The mail server took it."),
    _State.DELIVERED: _("It was delivered to the mailbox."),
    _State.BOUNCED: _("The mailbox sent it back."),
    _State.COMPLAINED: _("The receiver marked it as spam."),
}
_IN_APP = MessageTemplate.Channel.IN_APP
_IN_THE_CENTRE = _("It stands in the member's notification centre.")
_KEPT_HERE = _("It lies in the local mailbox; it did not leave this machine.")
_SENT_ELSEWHERE = _("Another system sent it.")
EVENTS: dict[str, Promise] = {
    history.TRIED: _("An attempt did not succeed"),
    history.LOST: _("The answer was lost"),
    history.MARKED_AS_SENT: _("Marked as sent"),
    history.SENT_AGAIN: _("To be sent again"),
    history.UNSUBSCRIBED: _("Unsubscribed by the link of this mail"),
    history.SUBSCRIBED_AGAIN: _("Took the unsubscription back"),
    history.CHOSE: _("Chose what to get, by the link of this mail"),
    history.PAUSED: _("Asked for a pause, by the link of this mail"),
    history.PAUSE_ENDED: _("Ended the pause"),
    history.SENT: _("The mail provider took it on its way"),
    history.DELIVERED: _("Delivered"),
    history.DELAYED: _("Delayed; the mail provider goes on trying"),
    history.FAILED: _("The mail provider refused it"),
    history.BOUNCED: _("Bounced"),
    history.COMPLAINED: _("Marked as spam"),
    history.OPENED: _("Opened"),
    history.CLICKED: _("Link followed"),
}
MACHINES: dict[str, Promise] = {
    machines.HEAD: _("It only asked whether the link works."),
    machines.PREFETCH: _("A program fetched it ahead."),
    machines.KNOWN: _("It is known to open mails by itself."),
    machines.EARLY: _("It came within seconds of sending."),
    machines.AT_ONCE: _("It followed all the links at once."),
}
_GOOD = (_State.ACCEPTED, _State.DELIVERED)
_BAD = (_State.REJECTED, _State.BOUNCED, _State.COMPLAINED)


def explain(delivery: Delivery) -> str:
    """Say in one sentence why a delivery is where it is."""
    if delivery.state == _State.ACCEPTED and delivery.provider == "mailbox":
        return str(_KEPT_HERE)
    if delivery.state == _State.ACCEPTED and delivery.provider == ELSEWHERE:
        return str(_SENT_ELSEWHERE)
    if delivery.state == _State.ACCEPTED and delivery.channel == _IN_APP:
        return str(_IN_THE_CENTRE)
    reason = str(REASONS.get(delivery.reason, ""))
    if delivery.state == _State.PENDING and delivery.due_at > timezone.now():
        return f"{reason} {_waits_until(delivery)}".strip()
    return reason or str(STATES.get(delivery.state) or "")


def _waits_until(delivery: Delivery) -> str:
    zone = zone_of_customer(delivery.customer.timezone)
    return translated("It waits until %(moment)s (%(zone)s).") % {
        "moment": date_format(delivery.due_at.astimezone(zone), "D j M Y, H:i"),
        "zone": zone.key,
    }


def tone(state: str) -> str:
    """Name the colour of a state's badge."""
    if state in _GOOD:
        return "good"
    if state in _BAD:
        return "danger"
    if state == _State.UNKNOWN:
        return "warning"
    return "info" if state in Delivery.WAITING else ""


def dispatch_tone(state: str) -> str:
    """Name the colour of a dispatch's badge."""
    tones = {
        Dispatch.State.SENDING: "info",
        Dispatch.State.PAUSED: "warning",
        Dispatch.State.HELD: "warning",
        Dispatch.State.DONE: "good",
    }
    return tones.get(Dispatch.State(state), "")

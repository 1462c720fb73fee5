"""What staff may do to one member's way through a workflow."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from automations.models import Enrolment
from marketing_os.lib.errors import DomainError

_State = Enrolment.State


@transaction.atomic
def end_enrolment(enrolment: Enrolment) -> Enrolment:
    """End a way that is not over; what its steps did stays done."""
    enrolment = _held(enrolment, *Enrolment.ON_THE_WAY)
    enrolment.state = _State.EXITED
    enrolment.exit_reason = _("Ended by staff.")
    enrolment.ended_at = timezone.now()
    enrolment.waits_for = ""
    enrolment.save(update_fields=["state", "exit_reason", "ended_at", "waits_for"])
    return enrolment


@transaction.atomic
def retry_step(enrolment: Enrolment) -> Enrolment:
    """Let a step that failed be tried now, with all its retries before it again."""
    enrolment = _held(enrolment, _State.ACTIVE)
    if not enrolment.attempts:
        raise DomainError(_("No step waits to be tried again here."))
    enrolment.attempts = 0
    enrolment.due_at = timezone.now()
    enrolment.save(update_fields=["attempts", "due_at"])
    return enrolment


@transaction.atomic
def skip_wait(enrolment: Enrolment) -> Enrolment:
    """Let a member who waits go on now, as if what they wait for had come."""
    enrolment = _held(enrolment, _State.ACTIVE)
    if not enrolment.is_waiting:
        raise DomainError(_("This member does not wait."))
    enrolment.waits_for = ""
    enrolment.due_at = timezone.now()
    enrolment.save(update_fields=["waits_for", "due_at"])
    return enrolment


def _held(enrolment: Enrolment, *states: str) -> Enrolment:
    """Lock a way in one of the states, once no worker is at it."""
    found = (
        Enrolment.objects.select_for_update().filter(pk=enrolment.pk).first()
        or enrolment
    )
    if found.state not in states:
        raise DomainError(
            _("This is not possible any more: the way is %s.")
            % found.get_state_display().lower()
        )
    return found

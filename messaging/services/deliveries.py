"""What a person decides about a message whose answer was lost."""

from datetime import timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from marketing_os.lib.errors import DomainError
from messaging.models import Delivery, Dispatch
from messaging.services import history
from messaging.services.dispatches import settle_returned

# A worker that was frozen in the middle of a message may still wake up and end it.
PATIENCE = timedelta(minutes=10)


@transaction.atomic
def mark_as_sent(delivery: Delivery, *, by: User | None = None) -> Delivery:
    """Settle a message of unknown fate as sent."""
    return _settle(
        delivery,
        history.MARKED_AS_SENT,
        by,
        state=Delivery.State.ACCEPTED,
        accepted_at=Now(),
    )


@transaction.atomic
def send_again(delivery: Delivery, *, by: User | None = None) -> Delivery:
    """Settle a message of unknown fate by sending it once more, under a new key."""
    if delivery.dispatch.state == Dispatch.State.CANCELLED:
        raise DomainError(_("The dispatch was cancelled; nothing more is sent for it."))
    delivery = _settle(
        delivery, history.SENT_AGAIN, by, state=Delivery.State.PENDING, due_at=Now()
    )
    settle_returned([delivery.dispatch_id])
    return delivery


def _settle(
    delivery: Delivery, kind: str, by: User | None, **values: object
) -> Delivery:
    settled = Delivery.objects.filter(
        pk=delivery.pk,
        state=Delivery.State.UNKNOWN,
        lease_until__lt=Now() - PATIENCE,
    ).update(
        reason=Delivery.Reason.NONE,
        detail="",
        lease_token=None,
        lease_until=None,
        updated_at=Now(),
        **values,
    )
    delivery.refresh_from_db()
    if settled:
        history.note({delivery.pk: by.get_username() if by else ""}, kind)
    elif delivery.state == Delivery.State.UNKNOWN:
        raise DomainError(
            _(
                "The worker that sent this may still be at it. Decide ten minutes "
                "after its time was up."
            )
        )
    elif delivery.state != values["state"]:
        raise DomainError(_("It is known by now what became of this message."))
    return delivery

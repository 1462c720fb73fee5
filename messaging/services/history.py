"""What happened to a delivery beside its plain course, for its page."""

from collections.abc import Mapping

from messaging.models import DeliveryEvent

TRIED = "tried"
LOST = "lost"
MARKED_AS_SENT = "marked_as_sent"
SENT_AGAIN = "sent_again"
UNSUBSCRIBED = "unsubscribed"
SUBSCRIBED_AGAIN = "subscribed_again"
SENT = "sent"
DELIVERED = "delivered"
DELAYED = "delayed"
FAILED = "failed"
BOUNCED = "bounced"
COMPLAINED = "complained"
OPENED = "opened"
CLICKED = "clicked"
CHOSE = "chose"
PAUSED = "paused"
PAUSE_ENDED = "pause_ended"


def note(details: Mapping[int, str], kind: str, *, is_human: bool = False) -> None:
    """Write one event for each delivery, with words about it."""
    if not details:
        return
    DeliveryEvent.objects.bulk_create(
        DeliveryEvent(
            delivery_id=pk, kind=kind, is_human=is_human, data={"detail": detail}
        )
        for pk, detail in details.items()
    )

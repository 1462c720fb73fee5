"""The work of one worker call: claim, send, record."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.utils import timezone

from messaging.channels import mail_channel
from messaging.channels.base import Channel, LostAnswer, Parcel
from messaging.models import Delivery
from messaging.services import limits
from messaging.services.beginning import begin_sending
from messaging.services.claiming import Lease, claim, claim_unanswered
from messaging.services.content import prepare
from messaging.services.dispatches import close_finished_dispatches
from messaging.services.outcomes import Answered, record_outcomes
from messaging.services.switches import sending_is_held


def _never() -> bool:
    return False


def send_due(
    *, limit: int, until: datetime, stopping: Callable[[], bool] = _never
) -> int:
    """Send what is due, at most `limit` messages and not much longer than `until`.

    Returns how many deliveries were worked on; 0 means that nothing was due or may
    be sent now. When `stopping` turns true the chunk in hand is finished first.
    Any number of workers may call it at a time.
    """
    channel = mail_channel()
    worked = 0
    while worked < limit and timezone.now() < until and not stopping():
        if sending_is_held() or limits.must_wait(channel.name):
            break
        size = min(channel.chunk_size, limit - worked)
        handled = _ask_again(channel, size) or _send_chunk(channel, size)
        if not handled:
            break
        worked += handled
    if worked:
        close_finished_dispatches()
    return worked


def _send_chunk(channel: Channel, size: int) -> int:
    """Send one chunk of new messages, in three short transactions around it."""
    claimed = Lease()
    deliveries = claim(claimed, size)
    if not deliveries:
        return 0
    prepared = prepare(deliveries, channel)
    lease = claimed.renewed()
    begun = begin_sending(lease, channel, prepared)
    parcels = [one.parcel for one in begun if one.parcel]
    _hand_over(lease, channel, parcels, deliveries)
    return len(deliveries)


def _ask_again(channel: Channel, size: int) -> int:
    """Repeat requests whose answers were lost, with the same keys and bytes."""
    if channel.lost_answer != LostAnswer.ASK_AGAIN:
        return 0
    lease = Lease()
    deliveries = claim_unanswered(lease, channel.name, size)
    parcels = [_frozen(delivery) for delivery in deliveries]
    _hand_over(lease, channel, parcels, deliveries, in_doubt=True)
    return len(deliveries)


def _hand_over(
    lease: Lease,
    channel: Channel,
    parcels: Sequence[Parcel],
    deliveries: Sequence[Delivery],
    *,
    in_doubt: bool = False,
) -> None:
    """Send, with no transaction open, and write down every answer."""
    by_id = {delivery.pk: delivery for delivery in deliveries}
    answers = [
        Answered(by_id[parcel.delivery_id], outcome, in_doubt=in_doubt)
        for parcel, outcome in channel.send(parcels, lease.is_over)
    ]
    record_outcomes(lease, channel, answers)


def _frozen(delivery: Delivery) -> Parcel:
    return Parcel(
        delivery.pk,
        f"mos/{delivery.pk}/{delivery.attempt}",
        "",
        delivery.address,
        bytes(delivery.content.payload or b""),
    )

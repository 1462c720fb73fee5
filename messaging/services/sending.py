"""The work of one worker call: claim, send, record."""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.channels import mail_channel
from messaging.channels.base import Channel, LostAnswer, Outcome, Parcel, Verdict
from messaging.models import Delivery
from messaging.services import limits
from messaging.services.beginning import begin_sending
from messaging.services.claiming import Lease, claim, claim_unanswered, give_back
from messaging.services.content import Prepared, key_of, prepare
from messaging.services.dispatches import close_finished_dispatches
from messaging.services.outcomes import Answered, record_outcomes
from messaging.services.switches import sending_is_held

# A claim is for about a second of work: more makes urgent mail wait behind it, less
# asks the database more often than it helps.
_QUICK_SECONDS, _SLOW_SECONDS = 0.5, 2.0
# Deliveries are not held while a provider wants to be left alone for longer.
_LONGEST_TURN = 5.0


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
    worked, size = 0, channel.chunk_size
    while worked < limit and timezone.now() < until and not stopping():
        if sending_is_held() or limits.must_wait(channel.name):
            break
        began = time.monotonic()
        most = min(size, limit - worked)
        handled = _ask_again(channel) or _send_batch(channel, most, stopping)
        if not handled:
            break
        worked += handled
        size = _next_size(channel, size, time.monotonic() - began)
    if worked:
        close_finished_dispatches()
    return worked


def _next_size(channel: Channel, size: int, seconds: float) -> int:
    if seconds < _QUICK_SECONDS:
        return min(size * 2, channel.claim_size)
    return max(size // 2, channel.chunk_size) if seconds > _SLOW_SECONDS else size


def _send_batch(channel: Channel, size: int, stopping: Callable[[], bool]) -> int:
    """Send new messages, chunk by chunk; what is not begun in the end is given back."""
    lease = Lease()
    deliveries = claim(lease, size)
    prepared = prepare(deliveries, channel)
    for start in range(0, len(prepared), channel.chunk_size):
        end = start + channel.chunk_size
        may_go_on = _send_chunk(channel, lease.renewed(), prepared[start:end])
        if end < len(prepared) and (stopping() or not may_go_on):
            give_back(lease, deliveries[end:])
            return end
    return len(prepared)


def _send_chunk(channel: Channel, lease: Lease, prepared: Sequence[Prepared]) -> bool:
    """Send one chunk, with no transaction open; say whether the provider takes more."""
    begun = begin_sending(lease, channel, prepared)
    parcels = [one.parcel for one in begun if one.parcel]
    outcomes = _hand_over(lease, channel, parcels, [one.delivery for one in begun])
    return not any(one.is_down or one.retry_after is not None for one in outcomes)


def _ask_again(channel: Channel) -> int:
    """Repeat a request whose answer was lost, with the same key and bytes."""
    if channel.lost_answer != LostAnswer.ASK_AGAIN:
        return 0
    lease = Lease()
    batch = claim_unanswered(lease, channel.name)
    if batch is None:
        return 0
    found = Delivery.objects.in_bulk(batch.delivery_ids)
    deliveries = [found[pk] for pk in batch.delivery_ids]
    parcels = [
        Parcel(one.pk, key_of(one.pk, one.attempt), "", one.address, bytes(data))
        for one, data in zip(deliveries, batch.parcels, strict=True)
    ]
    _hand_over(lease, channel, parcels, deliveries, in_doubt=True)
    return len(deliveries)


def _hand_over(
    lease: Lease,
    channel: Channel,
    parcels: Sequence[Parcel],
    deliveries: Sequence[Delivery],
    *,
    in_doubt: bool = False,
) -> list[Outcome]:
    """Send, with no transaction open, and write down every answer."""
    if not parcels:
        return []
    by_id = {delivery.pk: delivery for delivery in deliveries}
    answers = [
        Answered(by_id[parcel.delivery_id], outcome, in_doubt=in_doubt)
        for parcel, outcome in _send_in_turn(channel, parcels, lease)
    ]
    record_outcomes(lease, channel, answers)
    return [answer.outcome for answer in answers]


def _send_in_turn(
    channel: Channel, parcels: Sequence[Parcel], lease: Lease
) -> Iterable[tuple[Parcel, Outcome]]:
    """Send when it is this worker's turn, if the provider takes only so many a second.

    Each worker holds one turn at most and claims by lanes, so urgent mail is in the
    next request that any of them makes.
    """
    if channel.requests_per_second:
        wait = limits.take_turn(channel.name, channel.requests_per_second)
        if wait > _LONGEST_TURN:
            words = _("The mail provider wants to be left alone for a while.")
            later = Outcome(Verdict.NOT_SENT, words, retry_after=wait)
            return [(parcel, later) for parcel in parcels]
        time.sleep(wait)
    return channel.send(parcels, lease.is_over)

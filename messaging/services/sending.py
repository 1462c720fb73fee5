"""The work of one worker call: claim, send, record."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from django.utils import timezone
from django.utils.translation import gettext as _

from messaging.channels import mail_channel
from messaging.channels.base import (
    Channel,
    LostAnswer,
    Outcome,
    Parcel,
    Verdict,
    do_nothing,
)
from messaging.models import Delivery, Dispatch
from messaging.services import limits
from messaging.services.batches import bodies_of
from messaging.services.beginning import begin_sending
from messaging.services.breaker import trip_breakers
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
        trip_breakers(channel.name)
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
    claimed = claim(lease, size)
    deliveries = claimed.deliveries
    mails = _Ahead(prepare(deliveries, channel), channel.chunk_size)
    done, may_go_on = 0, True
    while may_go_on and (chunk := mails.take()):
        done += len(chunk)
        may_go_on = _send_chunk(channel, lease.renewed(), chunk, mails.make_one)
        may_go_on = may_go_on and not stopping()
    give_back(lease, deliveries[done:])
    return done + claimed.held_back


class _Ahead:
    """Mails of which the next chunk is made while the last one is with the provider."""

    def __init__(self, mails: Iterator[Prepared], size: int) -> None:
        self._mails, self._size = mails, size
        self._made: list[Prepared] = []
        self._error: Exception | None = None

    def make_one(self) -> bool:
        """Make one more mail of the next chunk; say whether there was one to make.

        An error waits for `take`, so that answers to what was sent are written down.
        """
        if len(self._made) == self._size or self._error is not None:
            return False
        try:
            made = list(islice(self._mails, 1))
        except Exception as error:
            self._error = error
            return False
        self._made += made
        return bool(made)

    def take(self) -> Sequence[Prepared]:
        """Return the next chunk, empty after the last."""
        while self.make_one():
            pass
        if self._error is not None:
            raise self._error
        taken, self._made = self._made, []
        return taken


def _send_chunk(
    channel: Channel,
    lease: Lease,
    chunk: Sequence[Prepared],
    meanwhile: Callable[[], bool],
) -> bool:
    """Begin, send and record a chunk; say whether the provider takes more."""
    begun = begin_sending(lease, channel, chunk)
    parcels = [one.parcel for one in begun if one.parcel]
    # A claim is of one lane.
    urgent = chunk[0].delivery.dispatch.lane == Dispatch.Lane.TRANSACTIONAL
    turn = _wait_for_turn(channel, urgent=urgent) if parcels else None
    answers = _send(channel, parcels, lease, turn, meanwhile)
    _record(
        channel,
        lease,
        [one.delivery for one in begun],
        answers,
        request=parcels[0].key if parcels else "",
    )
    return not any(
        outcome.is_down or outcome.retry_after is not None
        for _parcel, outcome in answers
    )


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
        Parcel(one.pk, key_of(one.pk, one.attempt), "", one.address, (data,))
        for one, data in zip(deliveries, bodies_of(batch), strict=True)
    ]
    answers = _send(channel, parcels, lease, _wait_for_turn(channel))
    _record(channel, lease, deliveries, answers, request=batch.key, in_doubt=True)
    return len(deliveries)


def _wait_for_turn(channel: Channel, *, urgent: bool = False) -> Outcome | None:
    """Wait until this worker may make a request; return why it may not, if so.

    Each worker holds one turn at most and claims by lanes, so urgent mail is in the
    next request that any of them makes.
    """
    if not channel.requests_per_second:
        return None
    wait = limits.take_turn(channel.name, channel.requests_per_second, urgent=urgent)
    if wait > _LONGEST_TURN:
        words = _("The mail provider wants to be left alone for a while.")
        return Outcome(Verdict.NOT_SENT, words, retry_after=wait)
    time.sleep(wait)
    return None


def _send(
    channel: Channel,
    parcels: Sequence[Parcel],
    lease: Lease,
    refusal: Outcome | None,
    meanwhile: Callable[[], bool] = do_nothing,
) -> list[tuple[Parcel, Outcome]]:
    """Hand over, without the database and with no transaction open."""
    if refusal is not None:
        return [(parcel, refusal) for parcel in parcels]
    if not parcels:
        return []
    return list(channel.send(parcels, lease.is_over, meanwhile))


def _record(
    channel: Channel,
    lease: Lease,
    deliveries: Sequence[Delivery],
    answers: Sequence[tuple[Parcel, Outcome]],
    *,
    request: str,
    in_doubt: bool = False,
) -> None:
    by_id = {delivery.pk: delivery for delivery in deliveries}
    answered = [
        Answered(by_id[parcel.delivery_id], outcome, in_doubt=in_doubt)
        for parcel, outcome in answers
    ]
    record_outcomes(lease, channel, answered, request=request)

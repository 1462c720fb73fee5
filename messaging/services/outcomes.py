"""Writing down what became of messages that were handed to a channel."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from messaging.channels.base import Channel, LostAnswer, Outcome, Verdict
from messaging.models import Delivery
from messaging.services import history, limits
from messaging.services.claiming import Lease
from messaging.services.dispatches import settle_returned
from messaging.services.statements import fetch

# A receiver that says "later" for so long will not take it any more.
GIVE_UP_AFTER = timedelta(days=3)
_LONGEST_WAIT = 3600.0


@dataclass(frozen=True)
class Answered:
    """A delivery as it was sent, with the outcome; `in_doubt` if asked again."""

    delivery: Delivery
    outcome: Outcome
    in_doubt: bool = False


def record_outcomes(
    lease: Lease,
    channel: Channel,
    answers: Sequence[Answered],
    *,
    request: str = "",
) -> None:
    """Write the outcomes of deliveries that are still this lease's.

    One that the sweeper took for lost meanwhile, and that nobody has decided about,
    gets its true outcome too: the token tells. The frozen request whose key is
    `request` is forgotten once nothing of it can be asked for again.
    """
    if not answers:
        return
    rows = [_row(answer) for answer in answers]
    if all(answer.outcome.verdict == Verdict.ACCEPTED for answer in answers):
        # One statement needs no more than itself, and nothing else is to be done.
        _record(lease, channel, answers, rows, request)
        return
    with transaction.atomic():
        recorded = _record(lease, channel, answers, rows, request)
        _conclude(channel, answers, rows, recorded)


def forget_answered_batches() -> None:
    """Delete the bytes of requests of which every delivery's fate is settled."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_ANSWERED)


def _record(
    lease: Lease,
    channel: Channel,
    answers: Sequence[Answered],
    rows: Sequence[dict[str, Any]],
    request: str,
) -> dict[int, str]:
    """Return the new state of each delivery that was written down."""
    values: dict[str, Any] = {
        "token": str(lease.token),
        "provider": channel.name,
        "answers": any(
            one.outcome.verdict in (Verdict.ACCEPTED, Verdict.REJECTED)
            for one in answers
        ),
        "given": json.dumps(rows),
    }
    if channel.lost_answer == LostAnswer.ASK_AGAIN:
        return dict(fetch(_RECORD_AND_FORGET, values | {"request": request}))
    return dict(fetch(_RECORD, values))


def _conclude(
    channel: Channel,
    answers: Sequence[Answered],
    rows: Sequence[dict[str, Any]],
    recorded: dict[int, str],
) -> None:
    """Do what follows from answers beside their own rows."""
    returned = Delivery.State.PENDING
    settle_returned(
        {
            answer.delivery.dispatch_id
            for answer in answers
            if recorded.get(answer.delivery.pk) == returned
        }
    )
    history.note(
        {
            row["id"]: row["detail"]
            for row in rows
            if row["detail"] and row["id"] in recorded
        },
        history.TRIED,
    )
    limits.learn(channel.name, [answer.outcome for answer in answers])


def _row(answer: Answered) -> dict[str, Any]:
    delivery, outcome = answer.delivery, answer.outcome
    state, reason = _decide(answer, timezone.now())
    return {
        "id": delivery.pk,
        "state": state,
        "reason": reason,
        "detail": _plain(outcome.detail if state != Delivery.State.ACCEPTED else ""),
        "provider_id": _plain(outcome.provider_id)[:255],
        "wait": _wait(outcome, delivery.attempt),
    }


def _decide(answer: Answered, now: datetime) -> tuple[Delivery.State, Delivery.Reason]:
    state, reason = Delivery.State, Delivery.Reason
    match answer.outcome.verdict:
        case Verdict.ACCEPTED:
            return state.ACCEPTED, reason.NONE
        case Verdict.REJECTED:
            return state.REJECTED, reason.PROVIDER_REFUSED
        case Verdict.ASK_AGAIN:
            return state.SENDING, reason.NONE
        case Verdict.NOT_SENT if answer.in_doubt:
            # This request came to nothing; an earlier one may not have.
            return state.SENDING, reason.NONE
        case Verdict.NOT_SENT if _is_hopeless(answer, now):
            return state.REJECTED, reason.PROVIDER_REFUSED
        case Verdict.NOT_SENT:
            return state.PENDING, reason.NONE
    return state.UNKNOWN, reason.NO_ANSWER


def _is_hopeless(answer: Answered, now: datetime) -> bool:
    first = answer.delivery.first_sending_at
    if answer.outcome.is_down or first is None:
        return False
    return now - first > GIVE_UP_AFTER


def _wait(outcome: Outcome, attempt: int) -> float:
    """Return after how many seconds to try again: longer each time, never in step."""
    if outcome.retry_after is not None:
        return outcome.retry_after
    # A provider that is down says nothing about this message.
    doublings = 1 if outcome.is_down else min(attempt, 10)
    seconds: float = min(settings.RETRY_SECONDS * 2.0**doublings, _LONGEST_WAIT)
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311


def _plain(text: str) -> str:
    """Return a provider's words as far as the database takes and people read them."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:500]


# The commit need not wait for the disk: the next chunk's begin, which does, carries it
# there. Should the database die in between, these few count as sent without an answer.
_ANSWERING = """
WITH lazily AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
answering AS (
    UPDATE provider_limits SET failures = 0, failing_since = NULL, last_error = ''
    WHERE provider = %(provider)s::text AND failures > 0
      AND %(answers)s::boolean
)"""
_UPDATE = """
UPDATE deliveries SET
    state = given.state,
    reason = given.reason,
    detail = given.detail,
    provider_id = given.provider_id,
    due_at = CASE given.state WHEN 'pending'
        THEN now() + make_interval(secs => given.wait) ELSE due_at END,
    lease_token = CASE given.state WHEN 'unknown' THEN lease_token END,
    lease_until = CASE given.state
        WHEN 'sending' THEN now() + make_interval(secs => given.wait)
        WHEN 'unknown' THEN lease_until END,
    accepted_at = CASE given.state WHEN 'accepted' THEN now() END,
    updated_at = now()
FROM jsonb_to_recordset(%(given)s::jsonb) AS given (
         id bigint, state text, reason text, detail text, provider_id text,
         wait double precision), lazily
WHERE deliveries.id = given.id AND deliveries.lease_token = %(token)s::uuid
  AND deliveries.state IN ('sending', 'unknown')
RETURNING deliveries.id, deliveries.state
"""
_RECORD = f"{_ANSWERING}{_UPDATE}"
# What another lease asks for again stays, for it is not among the recorded.
_RECORD_AND_FORGET = f"""{_ANSWERING},
recorded AS ({_UPDATE}),
forgotten AS (
    DELETE FROM delivery_batches WHERE key = %(request)s::text AND NOT EXISTS (
        SELECT 1 FROM deliveries
        WHERE deliveries.id = ANY(delivery_batches.delivery_ids)
          AND deliveries.state = 'sending'
          AND id NOT IN (SELECT id FROM recorded WHERE state <> 'sending'))
)
SELECT id, state FROM recorded
"""  # noqa: S608 - constants of this file
_FORGET_ANSWERED = """
DELETE FROM delivery_batches
WHERE NOT EXISTS (SELECT 1 FROM deliveries
    WHERE deliveries.id = ANY(delivery_batches.delivery_ids)
      AND deliveries.state = 'sending')
"""

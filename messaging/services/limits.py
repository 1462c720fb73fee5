"""When a provider may be called again, known to all workers by one row."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models.functions import Now

from messaging.channels.base import Outcome
from messaging.models import ProviderLimit


def must_wait(provider: str) -> bool:
    """Say whether the provider is to be left alone for now."""
    return ProviderLimit.objects.filter(provider=provider, next_at__gt=Now()).exists()


def take_turn(provider: str, per_second: float, *, urgent: bool = False) -> float:
    """Return after how many seconds the next request to a provider may begin.

    Turns follow each other at the same distance, whoever takes them, and not before a
    pause is over that the provider asked for. The distance is a little longer than it
    need be, for requests do not travel equally fast.

    From an `urgent` request on, and for a minute after the last one, one turn in five
    is kept for such: they need not stand behind all that other workers have taken.
    """
    values: dict[str, Any] = {
        "provider": provider,
        "kept": f"{provider}{_KEPT}",
        "space": 1.02 / per_second,
    }
    with connection.cursor() as cursor:
        if urgent:
            cursor.execute(_TAKE_KEPT_TURN, values)
            if row := cursor.fetchone():
                return float(row[0])
            cursor.execute(_KEEP_TURNS, values)
        cursor.execute(_TAKE_TURN, values)
        return float(cursor.fetchone()[0])


def try_again() -> None:
    """Let a provider that was down be called at once, with its failures forgiven."""
    ProviderLimit.objects.filter(failures__gt=0).update(failures=0, next_at=Now())


def learn(provider: str, outcomes: Sequence[Outcome]) -> None:
    """Take note of a provider that is down or wants a pause.

    A dead provider is tried by one chunk at a time, ever more rarely, up to once in
    five minutes; so the queue stays as it is until the provider is back.
    """
    down = [outcome for outcome in outcomes if outcome.is_down]
    waits = [one.retry_after for one in outcomes if one.retry_after is not None]
    if down:
        _fail(provider, down[0].detail)
    elif waits:
        _pause(provider, max(waits))


def _fail(provider: str, words: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO provider_limits
                (provider, next_at, failures, failing_since, last_error)
            VALUES (%(provider)s, now() + interval '5 seconds', 1, now(), %(words)s)
            ON CONFLICT (provider) DO UPDATE SET
                failures = provider_limits.failures + 1,
                next_at = now() + make_interval(
                    secs => least(5 * 2 ^ least(provider_limits.failures, 10), 300)),
                failing_since = coalesce(provider_limits.failing_since, now()),
                last_error = excluded.last_error
            """,
            {"provider": provider, "words": words.replace("\0", "")[:500]},
        )


def _pause(provider: str, seconds: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO provider_limits (provider, next_at)
            VALUES (%(provider)s, now() + make_interval(secs => %(seconds)s))
            ON CONFLICT (provider) DO UPDATE SET next_at =
                greatest(provider_limits.next_at, excluded.next_at)
            """,
            {"provider": provider, "seconds": seconds},
        )


# The row of the turns that are kept for urgent requests, beside the provider's own.
_KEPT = "/urgent"
# A turn that is long over does not come back: idle seconds are not saved up. While
# each fifth turn is kept, the others stand a quarter further apart.
_TAKE_TURN = """
WITH pace AS MATERIALIZED (
    SELECT %(space)s * CASE WHEN EXISTS (
        SELECT 1 FROM provider_limits
        WHERE provider = %(kept)s AND turn_at > clock_timestamp() - interval '1 minute'
    ) THEN 1.25 ELSE 1 END AS space
)
INSERT INTO provider_limits (provider, turn_at)
SELECT %(provider)s, clock_timestamp() + make_interval(secs => space) FROM pace
ON CONFLICT (provider) DO UPDATE SET turn_at =
    greatest(provider_limits.turn_at, provider_limits.next_at, clock_timestamp())
    + make_interval(secs => (SELECT space FROM pace))
RETURNING greatest(0, extract(epoch FROM turn_at - clock_timestamp())::float
                      - (SELECT space FROM pace))
"""
_TAKE_KEPT_TURN = """
UPDATE provider_limits AS kept
SET turn_at = greatest(kept.turn_at, others.next_at, clock_timestamp())
              + make_interval(secs => %(space)s * 5)
FROM provider_limits AS others
WHERE kept.provider = %(kept)s AND others.provider = %(provider)s
  AND kept.turn_at > clock_timestamp() - interval '1 minute'
  AND kept.turn_at <= greatest(others.turn_at, clock_timestamp())
RETURNING greatest(
    0, extract(epoch FROM kept.turn_at - clock_timestamp())::float - %(space)s * 5)
"""
_KEEP_TURNS = """
INSERT INTO provider_limits (provider, turn_at)
VALUES (%(kept)s, clock_timestamp() + make_interval(secs => %(space)s * 5))
ON CONFLICT (provider) DO UPDATE
SET turn_at = greatest(provider_limits.turn_at, excluded.turn_at)
"""

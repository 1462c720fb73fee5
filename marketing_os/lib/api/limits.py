"""What one key may do in a minute, counted in the broker's Valkey for all processes.

A process takes its share of a minute in portions of one percent, so that a busy one
asks seldom: never more than the limit is given out, and at most a percent per process
stays unused. Without Valkey everything is let through, and the log says so once.
"""

import logging
import threading
import time
from dataclasses import dataclass

import redis
from django.conf import settings

from marketing_os.lib.api.errors import TooManyRequests
from marketing_os.lib.models import ApiKey

logger = logging.getLogger(__name__)

WINDOW = 60  # seconds
_PATIENCE = 0.25  # seconds that Valkey may take
_REST = 10.0  # seconds until Valkey is asked again after it failed


@dataclass
class Share:
    """What is left of the minute `window` for one key and one kind of count."""

    window: int
    limit: int
    in_hand: int = 0  # taken by this process and not used yet
    left: int = 0  # what nobody has taken, when last asked


@dataclass(frozen=True)
class State:
    """What the headers of an answer tell: the limit, what is left, seconds to reset."""

    limit: int
    remaining: int
    reset: int


class _Counts:
    def __init__(self) -> None:
        self._shares: dict[tuple[int, str], Share] = {}
        self._lock = threading.Lock()
        self._client: redis.Redis | None = None
        self._silent_until = 0.0

    def take(self, key_id: int, kind: str, limit: int, count: int) -> State | None:
        """Take `count` from the key's minute; None when there are not so many left."""
        now = time.time()
        window, reset = int(now) // WINDOW, WINDOW - int(now) % WINDOW
        with self._lock:
            share = self._shares.get((key_id, kind))
            if share is None or share.window != window or share.limit != limit:
                share = Share(window, limit, left=limit)
                self._shares[key_id, kind] = share
            if share.in_hand < count:
                self._fetch(share, key_id, kind, count)
            if share.in_hand < count:
                return None
            share.in_hand -= count
            return State(limit, share.left + share.in_hand, reset)

    def _fetch(self, share: Share, key_id: int, kind: str, count: int) -> None:
        wanted = max(count - share.in_hand, share.limit // 100)
        if time.monotonic() < self._silent_until:
            share.in_hand += wanted
            return
        name = f"api:{key_id}:{kind}:{share.window}"
        try:
            taken = self._add(name, wanted)
        except (redis.RedisError, OSError, ValueError) as error:
            self._rest(error)
            share.in_hand += wanted
            return
        over = max(0, taken - share.limit)
        share.left = max(0, share.limit - taken)
        share.in_hand += max(0, wanted - over)

    def _add(self, name: str, count: int) -> int:
        if self._client is None:
            self._client = connect()
        asked = self._client.pipeline(transaction=False)
        asked.incrby(name, count)
        asked.expire(name, 2 * WINDOW)
        return int(asked.execute()[0])

    def _rest(self, error: Exception) -> None:
        if not self._silent_until:
            logger.warning(
                "The limits of API keys cannot be counted (%s); all is let through.",
                type(error).__name__,
            )
        self._silent_until = time.monotonic() + _REST
        self._client = None


_counts = _Counts()


def connect() -> redis.Redis:
    """Connect to the Valkey that carries Celery's messages.

    Raises ValueError when the broker speaks another protocol.
    """
    url = settings.CELERY_BROKER_URL
    if url.startswith("redis+socket://"):
        url = url.replace("redis+socket://", "unix://", 1)
        url = url.replace("virtual_host=", "db=", 1)
    client: redis.Redis = redis.Redis.from_url(
        url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE
    )
    return client


def take_request(key: ApiKey) -> State:
    """Count one request of a key, or raise TooManyRequests."""
    limit = key.requests_per_minute or settings.API_REQUESTS_PER_MINUTE
    return _take(key, "requests", limit, 1)


def take_items(key: ApiKey, count: int) -> State:
    """Count the items that a key publishes, or raise TooManyRequests."""
    limit = key.items_per_minute or settings.API_ITEMS_PER_MINUTE
    return _take(key, "items", limit, count)


def _take(key: ApiKey, kind: str, limit: int, count: int) -> State:
    state = _counts.take(key.pk, kind, limit, count)
    if state is None:
        raise TooManyRequests(
            f"This key may send {limit:,} {kind} a minute.",
            wait=WINDOW - int(time.time()) % WINDOW,
        )
    return state


def rate_headers(state: State) -> dict[str, str]:
    """The headers that tell a client how much is left of the minute."""
    return {
        "RateLimit-Limit": str(state.limit),
        "RateLimit-Remaining": str(state.remaining),
        "RateLimit-Reset": str(state.reset),
    }

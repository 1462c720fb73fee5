"""Whether the parts that the product is made of are up, known within a second."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from kombu import Connection
from kombu.transport import redis as _redis  # noqa: F401  (else the first check waits)

from marketing_os.lib.heartbeats import BEAT, WORKER, heartbeat_ages
from marketing_os.lib.probes import Answer, ask

LIMIT = 0.9  # seconds for all questions together
_CONNECT_LIMIT = 1
# A worker may be busy with a task of a minute before it comes to the next heartbeat.
STALE_AFTER = {WORKER: 90.0, BEAT: 45.0}

# The oldest thing that ought to be on its way by now; paused dispatches wait on
# purpose. Each part reads the few entries in front of a partial index.
_OLDEST_DUE = """
    SELECT extract(epoch FROM now() - min(due_at)) FROM (
        SELECT first.due_at FROM dispatches dispatch, LATERAL (
            SELECT min(due_at) AS due_at FROM deliveries
            WHERE dispatch_id = dispatch.id AND state = 'pending'
        ) first WHERE dispatch.state = 'sending'
        UNION ALL
        SELECT min(scheduled_for) FROM automation_runs
        WHERE state IN ('due', 'preparing')
    ) waiting WHERE due_at <= now()
"""


@dataclass(frozen=True)
class Part:
    """One part of the system: whether it is up, and what was seen of it."""

    name: str
    is_up: bool
    detail: str
    age: float | None = None

    @property
    def title(self) -> str:
        return {
            "database": _("Database"),
            "broker": _("Broker"),
            WORKER: _("Worker"),
            BEAT: _("Clock"),
        }[self.name]


@dataclass(frozen=True)
class Health:
    """All parts, and how many seconds the oldest due row has been waiting."""

    parts: tuple[Part, ...]
    oldest_due: float | None

    @property
    def is_good(self) -> bool:
        return all(part.is_up for part in self.parts)

    def as_json(self) -> dict[str, Any]:
        return {
            "ready": self.is_good,
            **{
                part.name: {"up": part.is_up, "detail": part.detail}
                | ({} if part.age is None else {"seconds_ago": round(part.age, 1)})
                for part in self.parts
            },
            "oldest_due_seconds": (
                None if self.oldest_due is None else round(self.oldest_due, 1)
            ),
        }


def check() -> Health:
    """Ask every part at once; whoever does not answer within a second is down."""
    answers = ask({"database": _database, "broker": _broker}, seconds=LIMIT)
    database = answers["database"]
    ages, oldest_due = database.value if database.is_good else (None, None)
    parts = (
        _server("database", database),
        _server("broker", answers["broker"]),
        _sign_of_life(WORKER, ages),
        _sign_of_life(BEAT, ages),
    )
    return Health(parts, oldest_due)


def _database() -> tuple[dict[str, float], float | None]:
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST_DUE)
        oldest_due = cursor.fetchone()[0]
    return heartbeat_ages(), None if oldest_due is None else float(oldest_due)


def _broker() -> None:
    options = {"socket_connect_timeout": LIMIT, "socket_timeout": LIMIT}
    with Connection(
        settings.CELERY_BROKER_URL, connect_timeout=LIMIT, transport_options=options
    ) as broker:
        broker.ensure_connection(
            max_retries=1, interval_start=0, timeout=_CONNECT_LIMIT
        )


def _server(name: str, answer: Answer) -> Part:
    if answer.is_good:
        return Part(name, True, _("It answers."))
    if answer.error is None:
        return Part(name, False, _("It did not answer within a second."))
    # The words of a driver may hold a user name or an address; they go to the log.
    return Part(name, False, _("It cannot be reached."))


def _sign_of_life(name: str, ages: dict[str, float] | None) -> Part:
    if ages is None:
        return Part(name, False, _("The database is needed to know."))
    age = ages.get(name)
    if age is None:
        return Part(name, False, _("It has not been seen yet."))
    if age > STALE_AFTER[name]:
        return Part(name, False, _("It has not been seen for too long."), age)
    return Part(name, True, _("It was seen a moment ago."), age)

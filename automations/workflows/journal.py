"""What became of a batch of enrolments, written in two statements at its end."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from psycopg import sql

from automations.models import Enrolment, WorkflowVersion
from automations.workflows.batch import Member
from automations.workflows.steps import Step
from imports.database import execute, numbers

_State = Enrolment.State


@dataclass(frozen=True)
class Entry:
    """One step for one member, for the log."""

    member: Member
    step: Step | None
    detail: str
    is_success: bool
    will_retry: bool = False
    made: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _Place:
    """Where an enrolment stands from now on."""

    state: str
    step_id: str = ""
    due_at: datetime | None = None
    is_waiting: bool = False
    waits_for: str = ""
    attempts: int = 0
    reason: str = ""
    forgets: bool = False


@dataclass
class Journal:
    """Collects log entries and new places, and writes them."""

    entries: list[Entry] = field(default_factory=list)
    places: dict[int, _Place] = field(default_factory=dict)

    def log(self, entry: Entry) -> None:
        self.entries.append(entry)

    def complete(self, members: Iterable[Member]) -> None:
        for one in members:
            self.places[one.enrolment_id] = _Place(_State.COMPLETED)

    def convert(self, one: Member, reason: str) -> None:
        self.places[one.enrolment_id] = _Place(
            _State.CONVERTED, step_id=one.step_id, reason=reason
        )

    def exit(self, one: Member, reason: str, forgets: bool = False) -> None:
        """End a way; `forgets` takes away what was known of its beginning."""
        self.places[one.enrolment_id] = _Place(
            _State.EXITED, step_id=one.step_id, reason=reason, forgets=forgets
        )

    def put_off(self, one: Member, until: datetime) -> None:
        """Leave a member as they stand for a while."""
        self.places[one.enrolment_id] = _Place(
            _State.ACTIVE,
            one.step_id,
            until,
            one.has_waited,
            one.missed,
            attempts=one.attempts,
        )

    def wait(self, one: Member, until: datetime, waits_for: str = "") -> None:
        self.places[one.enrolment_id] = _Place(
            _State.ACTIVE, one.step_id, until, True, waits_for
        )

    def retry(self, step: Step, one: Member, reason: str, at: datetime) -> None:
        """Let a member try a step again later; a wait that is over does not begin anew."""
        self.log(Entry(one, step, reason, is_success=False, will_retry=True))
        self.places[one.enrolment_id] = _Place(
            _State.ACTIVE,
            step.id,
            at,
            one.has_waited,
            one.missed,
            attempts=one.attempts + 1,
        )

    def write(self, version: WorkflowVersion) -> None:
        """Write all of it, inside the transaction of the steps."""
        if self.places:
            execute(_move_sql(self.places))
        if self.entries:
            execute(_log_sql(self.entries, version))


class _Palette:
    """Texts of which few differ: each is sent once, and rows have its number."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def numbers(self, texts: Iterable[str]) -> sql.Composable:
        """Return the numbers of texts, from 1, as an array."""
        known = self._numbers
        return numbers([known.setdefault(text, len(known) + 1) for text in texts])

    @property
    def texts(self) -> sql.Composable:
        return sql.Literal(list(self._numbers))


_MOVE = """
UPDATE enrolments SET state = t[moved.state], step_path = t[moved.step],
    due_at = coalesce(nullif(t[moved.due], '')::timestamptz, enrolments.due_at),
    is_waiting = moved.is_waiting::int::boolean, waits_for = t[moved.waits_for],
    attempts = moved.attempts, exit_reason = t[moved.reason],
    context = CASE WHEN moved.forgets = 1 THEN '{{}}' ELSE context END,
    ended_at = CASE WHEN t[moved.state] = 'active' THEN NULL ELSE now() END
FROM unnest({ids}, {states}, {steps}, {due}, {waiting}, {waits_for}, {attempts},
            {reasons}, {forgets})
    AS moved (id, state, step, due, is_waiting, waits_for, attempts, reason, forgets),
    (SELECT {texts}::text[] AS t) AS texts
WHERE enrolments.id = moved.id
"""
_LOG = """
INSERT INTO automation_logs (member_id, workflow_id, version, enrolment_id, step,
    step_id, success, will_retry, error_message, detail, delivery_id, task_id, offer_id)
SELECT member_id, {workflow}, {version}, enrolment_id, t[step], t[step_id],
    success::int::boolean, will_retry::int::boolean,
    CASE WHEN success = 1 THEN '' ELSE t[detail] END,
    CASE WHEN success = 1 THEN t[detail] ELSE '' END, delivery_id, task_id, offer_id
FROM unnest({members}, {enrolments}, {steps}, {ids}, {success}, {retries}, {details},
            {deliveries}, {tasks}, {offers})
    AS done (member_id, enrolment_id, step, step_id, success, will_retry, detail,
             delivery_id, task_id, offer_id),
    (SELECT {texts}::text[] AS t) AS texts
"""


def _move_sql(places: dict[int, _Place]) -> sql.Composable:
    moved, palette = list(places.values()), _Palette()
    return sql.SQL(_MOVE).format(
        ids=numbers(places),
        states=palette.numbers(str(place.state) for place in moved),
        steps=palette.numbers(place.step_id for place in moved),
        due=palette.numbers(
            place.due_at.isoformat() if place.due_at else "" for place in moved
        ),
        waiting=numbers(int(place.is_waiting) for place in moved),
        waits_for=palette.numbers(place.waits_for for place in moved),
        attempts=numbers(place.attempts for place in moved),
        reasons=palette.numbers(place.reason for place in moved),
        forgets=numbers(int(place.forgets) for place in moved),
        texts=palette.texts,
    )


def _log_sql(entries: list[Entry], version: WorkflowVersion) -> sql.Composable:
    palette = _Palette()

    def made(kind: str) -> sql.Composable:
        return numbers(one.made.get(kind) for one in entries)

    return sql.SQL(_LOG).format(
        workflow=sql.Literal(version.workflow_id),
        version=sql.Literal(version.number),
        members=numbers(one.member.customer_id for one in entries),
        enrolments=numbers(one.member.enrolment_id for one in entries),
        steps=palette.numbers(one.step.type if one.step else "" for one in entries),
        ids=palette.numbers(one.step.id if one.step else "" for one in entries),
        success=numbers(int(one.is_success) for one in entries),
        retries=numbers(int(one.will_retry) for one in entries),
        details=palette.numbers(one.detail for one in entries),
        deliveries=made("delivery"),
        tasks=made("task"),
        offers=made("offer"),
        texts=palette.texts,
    )

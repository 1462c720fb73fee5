"""What became of a batch of enrolments, written in two statements at its end."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from psycopg import sql

from automations.models import Enrolment, WorkflowVersion
from automations.workflows.batch import Member
from automations.workflows.steps import Step
from imports.database import execute

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

    def exit(self, one: Member, reason: str) -> None:
        self.places[one.enrolment_id] = _Place(
            _State.EXITED, step_id=one.step_id, reason=reason
        )

    def wait(self, one: Member, until: datetime, waits_for: str = "") -> None:
        self.places[one.enrolment_id] = _Place(
            _State.ACTIVE, one.step_id, until, True, waits_for
        )

    def retry(self, step: Step, one: Member, reason: str, at: datetime) -> None:
        """Let a member try a step again later."""
        self.log(Entry(one, step, reason, is_success=False, will_retry=True))
        self.places[one.enrolment_id] = _Place(
            _State.ACTIVE, step.id, at, attempts=one.attempts + 1
        )

    def write(self, version: WorkflowVersion) -> None:
        """Write all of it, inside the transaction of the steps."""
        if self.places:
            execute(_move_sql(self.places))
        if self.entries:
            execute(_log_sql(self.entries, version))


_MOVE = """
UPDATE enrolments SET state = moved.state, step_path = moved.step_id,
    due_at = coalesce(moved.due_at, enrolments.due_at), is_waiting = moved.is_waiting,
    waits_for = moved.waits_for, attempts = moved.attempts, exit_reason = moved.reason,
    ended_at = CASE WHEN moved.state = 'active' THEN NULL ELSE now() END
FROM unnest({ids}::bigint[], {states}::text[], {steps}::text[],
            {due}::timestamptz[], {waiting}::boolean[], {waits_for}::text[],
            {attempts}::int[], {reasons}::text[])
    AS moved (id, state, step_id, due_at, is_waiting, waits_for, attempts, reason)
WHERE enrolments.id = moved.id
"""
_LOG = """
INSERT INTO automation_logs (member_id, workflow_id, version, enrolment_id, step,
    step_id, success, will_retry, error_message, detail, delivery_id, task_id, offer_id)
SELECT member_id, {workflow}, {version}, enrolment_id, step, step_id, success, will_retry,
    CASE WHEN success THEN '' ELSE detail END, CASE WHEN success THEN detail ELSE '' END,
    delivery_id, task_id, offer_id
FROM unnest({members}::bigint[], {enrolments}::bigint[], {steps}::text[],
            {ids}::text[], {success}::boolean[], {retries}::boolean[],
            {details}::text[], {deliveries}::bigint[], {tasks}::bigint[],
            {offers}::bigint[])
    AS done (member_id, enrolment_id, step, step_id, success, will_retry, detail,
             delivery_id, task_id, offer_id)
"""


def _move_sql(places: dict[int, _Place]) -> sql.Composable:
    moved = list(places.values())
    return sql.SQL(_MOVE).format(
        ids=sql.Literal(list(places)),
        states=sql.Literal([str(place.state) for place in moved]),
        steps=sql.Literal([place.step_id for place in moved]),
        due=sql.Literal([place.due_at for place in moved]),
        waiting=sql.Literal([place.is_waiting for place in moved]),
        waits_for=sql.Literal([place.waits_for for place in moved]),
        attempts=sql.Literal([place.attempts for place in moved]),
        reasons=sql.Literal([place.reason for place in moved]),
    )


def _log_sql(entries: list[Entry], version: WorkflowVersion) -> sql.Composable:
    def made(kind: str) -> sql.Literal:
        return sql.Literal([one.made.get(kind) for one in entries])

    return sql.SQL(_LOG).format(
        workflow=sql.Literal(version.workflow_id),
        version=sql.Literal(version.number),
        members=sql.Literal([one.member.customer_id for one in entries]),
        enrolments=sql.Literal([one.member.enrolment_id for one in entries]),
        steps=sql.Literal([one.step.type if one.step else "" for one in entries]),
        ids=sql.Literal([one.step.id if one.step else "" for one in entries]),
        success=sql.Literal([one.is_success for one in entries]),
        retries=sql.Literal([one.will_retry for one in entries]),
        details=sql.Literal([one.detail for one in entries]),
        deliveries=made("delivery"),
        tasks=made("task"),
        offers=made("offer"),
    )

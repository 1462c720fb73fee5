"""Carry out the steps of enrolments that are due, many at once.

What the steps write, the log and the enrolment's new place stand in one transaction,
so a worker that dies leaves nothing half done and no step is carried out twice.
"""

import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, OperationalError, transaction
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.translation import gettext as _

from automations.models import Enrolment, WorkflowVersion
from automations.workflows.batch import Batch, Member, Setting
from automations.workflows.journal import Entry, Journal
from automations.workflows.leaving import leave_early
from automations.workflows.program import Place, Program, program_of
from segments.errors import ConditionError

logger = logging.getLogger(__name__)

BATCH = 2_000
# After so long a step that failed for a member is tried again; then it is passed by.
RETRIES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
# So long those wait whose version cannot be read, until somebody has mended it.
UNREADABLE = timedelta(hours=1)
_NEEDED = (
    "version_id",
    "customer_id",
    "step_path",
    "attempts",
    "context",
    "due_at",
    "is_waiting",
    "waits_for",
)


def advance(now: datetime | None = None, *, limit: int = BATCH) -> int:
    """Carry out the steps of enrolments that are due; return how many were taken.

    Any number of workers may do so at once: each takes what the others do not hold.
    """
    now = now or timezone.now()
    with transaction.atomic():
        taken = list(
            Enrolment.objects.filter(state=Enrolment.State.ACTIVE, due_at__lte=now)
            .select_for_update(skip_locked=True)
            .only(*_NEEDED)
            .order_by("due_at", "id")[:limit]
        )
        by_version = defaultdict(list)
        for one in taken:
            by_version[one.version_id].append(one)
        versions = WorkflowVersion.objects.select_related("workflow").in_bulk(
            by_version
        )
        for version_id, enrolments in sorted(by_version.items()):
            _go(versions[version_id], enrolments, now)
    return len(taken)


def _go(
    version: WorkflowVersion, enrolments: Sequence[Enrolment], now: datetime
) -> None:
    """Let one version's enrolments go on; a fault in it stops no other version."""
    try:
        with transaction.atomic():
            _Walk(version, now).go(enrolments)
    except ConditionError as error:
        logger.error("Workflow version %s cannot be read: %s", version.pk, error)
        _postpone(version, enrolments, str(error), now)


def _postpone(
    version: WorkflowVersion, enrolments: Sequence[Enrolment], why: str, now: datetime
) -> None:
    journal = Journal()
    for one in enrolments:
        if not one.attempts:  # told once, however long it takes
            journal.log(Entry(_member(one), None, why, False, will_retry=True))
    journal.write(version)
    Enrolment.objects.filter(pk__in=[one.pk for one in enrolments]).update(
        due_at=now + UNREADABLE, attempts=Greatest("attempts", 1)
    )


def _member(one: Enrolment, first: str = "") -> Member:
    return Member(
        one.pk,
        one.customer_id,
        one.step_path or first,
        one.attempts,
        one.context,
        one.due_at,
        one.is_waiting,
        one.waits_for,
    )


@dataclass
class _Walk:
    """One version's enrolments on their way, until each waits or has ended."""

    version: WorkflowVersion
    now: datetime
    journal: Journal = field(default_factory=Journal)

    def go(self, enrolments: Sequence[Enrolment]) -> None:
        program = program_of(self.version)
        setting = Setting(self.version, self.now)
        members = [_member(one, program.first) for one in enrolments]
        staying = leave_early(self.version, members, self.now, self.journal)
        self._walk(program, setting, staying)
        self.journal.write(self.version)

    def _walk(self, program: Program, setting: Setting, members: list[Member]) -> None:
        at: dict[str, list[Member]] = defaultdict(list)
        for one in members:
            at[one.step_id].append(one)
        for place in program.in_order():
            here = at.pop(place.step.id, [])
            if not here:
                continue
            for one in self._carry_out(place, Batch(setting, place.step.id, here)):
                at[one.step_id].append(one)
        self.journal.complete(one for left in at.values() for one in left)

    def _carry_out(self, place: Place, batch: Batch) -> list[Member]:
        """Do a step for a batch; return the members who go on at once."""
        try:
            with transaction.atomic():
                place.step.run(batch)
        except (OperationalError, InterfaceError):
            raise  # the server is gone or two workers collided: all of it again
        except Exception as error:
            return self._again_in_parts(place, batch, error)
        return self._settle(place, batch)

    def _again_in_parts(
        self, place: Place, batch: Batch, error: Exception
    ) -> list[Member]:
        """Find out for whom a step fails, so that it stops nobody else."""
        if len(batch.members) > 1:
            middle = len(batch.members) // 2
            return [
                *self._carry_out(place, batch.part(batch.members[:middle])),
                *self._carry_out(place, batch.part(batch.members[middle:])),
            ]
        logger.warning("A step failed: %s", type(error).__name__)
        alone = batch.part(batch.members)
        alone.hinder(batch.members, _reason(error))
        return self._settle(place, alone)

    def _settle(self, place: Place, batch: Batch) -> list[Member]:
        """Log what became of a batch; return the members who go on at once."""
        passing = []
        for one in batch.members:
            hindrance = batch.hindrances.get(one.enrolment_id, "")
            if hindrance and one.attempts < len(RETRIES):
                again = self.now + RETRIES[one.attempts]
                self.journal.retry(place.step, one, hindrance, again)
                continue
            passing.append(one)
            if one.enrolment_id in batch.waits:
                continue  # logged when the wait is over
            failure = hindrance or batch.failures.get(one.enrolment_id, "")
            made = {
                kind: ids[one.enrolment_id]
                for kind, ids in batch.made.items()
                if one.enrolment_id in ids
            }
            detail = failure or batch.details.get(one.enrolment_id, "")
            self.journal.log(
                Entry(one, place.step, detail, is_success=not failure, made=made)
            )
        return self._passed(place, batch, passing)

    def _passed(
        self, place: Place, batch: Batch, members: Sequence[Member]
    ) -> list[Member]:
        going = []
        for one in members:
            pk = one.enrolment_id
            if pk in batch.exits:
                self.journal.exit(one, batch.exits[pk])
            elif pk in batch.waits:
                self.journal.wait(one, batch.waits[pk], batch.waits_for)
            else:
                one.step_id = batch.ways.get(pk, place.next)
                one.attempts, one.has_waited, one.missed = 0, False, ""
                going.append(one)
        return going


def _reason(error: Exception) -> str:
    """Say what went wrong without what the data was."""
    if isinstance(error, DatabaseError):
        return _("The database refused it (%s).") % type(error).__name__
    return _("Something unexpected went wrong (%s).") % type(error).__name__

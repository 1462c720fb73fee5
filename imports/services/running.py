"""The run: bounded batches, each committed with the place it reached."""

import logging
import time
import uuid
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone
from psycopg import sql

from imports.database import (
    each_at_most,
    execute,
    fetch_value,
    is_collision,
    is_ended,
    sole_worker,
)
from imports.errors import JobStateError, StoppedError, TooLongError
from imports.models import ImportJob
from imports.services.changes import open_changes
from imports.services.checking import (
    cast_rows,
    check_job,
    context_of,
    good_rows,
    keeps_changes,
    mark_rejected_again,
    store_plan_rejects,
)
from imports.services.jobs import AT_WORK, Status, destinations
from imports.services.plans import count_plan, make_plan
from imports.services.reading import read_job
from imports.services.staging import cast_table, drop_stage, stage_is_there
from imports.services.undoing import take_back
from imports.targets import get_target
from marketing_os.lib.errors import DomainError

logger = logging.getLogger(__name__)

_ATTEMPTS = 5
# A batch is small beside the tables that it goes into. Left alone, the planner reads
# those as a whole for each batch, so that a large import would slow down as it goes.
# A batch need not wait for the disk: rows and the place reached are in one transaction,
# so a crash of the server loses both or none, and the end of the import waits for all.
_HURRY = sql.SQL(
    "SET LOCAL enable_seqscan = off; SET LOCAL random_page_cost = 1.1;"
    " SET LOCAL jit = off;"
    " SET LOCAL synchronous_commit = off"
)


_MOST_BEGINNINGS = 10
_NEVER_ENDS = (
    f"Workers began this {_MOST_BEGINNINGS} times and never came to its end; their log"
    " tells more. Try the file in parts."
)


_TAKEN_BACK = "You asked for all or nothing, so what had come in is taken back."


class _LeaseLostError(Exception):
    """Another worker took the job over; whatever this one did is rolled back."""


def run_job(job: ImportJob, *, seconds: float | None = None) -> bool:
    """Import until finished or until `seconds` are over; True when nothing is left.

    Safe to call again after any kind of death: each batch is committed together with
    the place it reached, under a lease, so no two workers run one job at once.
    A refusal or a fault ends the job as FAILED with a sentence in `job.error`.
    """
    token = _claim(job)
    if token is None:
        return job.status not in (Status.QUEUED, Status.RUNNING)
    deadline = None if seconds is None else time.monotonic() + seconds
    try:
        return _run(job, token, deadline)
    except _LeaseLostError:
        job.refresh_from_db()
        return False
    except Exception as error:
        if _is_connection_lost(error):
            # The lease ends by itself, and the job goes on when the database is back.
            raise
        logger.exception("Import %s stopped after line %s.", job.pk, job.last_line)
        _fail(job, token, error)
        return True


def work_on_job(job: ImportJob, *, seconds: float) -> None:
    """Read, check or run a job that waits, as its state asks; a fault is kept on it."""
    step = _STEPS.get(job.status)
    if step is None:
        run_job(job, seconds=seconds)
        return
    with sole_worker(job.pk) as is_mine:
        state = job.status
        job.refresh_from_db()
        if is_mine and job.status == state and _may_begin(job):
            with each_at_most(settings.IMPORT_STEP_SECONDS):
                _do(step, job)


_STEPS: dict[str, Callable[[ImportJob], ImportJob]] = {
    Status.READING: read_job,
    Status.CHECKING: lambda job: check_job(job, seconds=settings.IMPORT_STEP_SECONDS),
}


def _may_begin(job: ImportJob) -> bool:
    """Count how often this was begun; what kills each worker is not begun for ever."""
    job.attempts += 1
    ImportJob.objects.filter(pk=job.pk).update(attempts=job.attempts)
    if job.attempts <= _MOST_BEGINNINGS:
        return True
    _fail(job, None, DomainError(_NEVER_ENDS))
    return False


def _do(step: Callable[[ImportJob], ImportJob], job: ImportJob) -> None:
    try:
        step(job)
        ImportJob.objects.filter(pk=job.pk).update(attempts=0)
        job.attempts = 0
    except StoppedError:
        drop_stage(job)
    except DomainError as error:
        _fail(job, None, error)
    except Exception as error:
        if _is_connection_lost(error):
            raise
        if is_collision(error):
            return  # an erasure took the stage away; the state says what follows
        if is_ended(error):
            _end(job)
            return
        logger.exception("Import %s cannot be read or checked.", job.pk)
        _fail(job, None, error)


def _end(job: ImportJob) -> None:
    """Clear up after a statement that was ended: by a cancel, or because of its length."""
    state = job.status
    job.refresh_from_db()
    if job.status == state:
        _fail(job, None, TooLongError())
    else:
        drop_stage(job)


def _claim(job: ImportJob) -> uuid.UUID | None:
    """Take the lease of a queued job, or of a running one whose worker is gone."""
    now = timezone.now()
    expired = now - timedelta(seconds=settings.IMPORT_LEASE_SECONDS)
    free = Q(lease_token=None) | Q(claimed_at__lt=expired)
    token = ImportJob.new_lease()
    claimed = ImportJob.objects.filter(
        free, pk=job.pk, status__in=(Status.QUEUED, Status.RUNNING)
    ).update(lease_token=token, claimed_at=now, status=Status.RUNNING)
    job.refresh_from_db()
    if not claimed:
        return None
    if job.started_at is None:
        job.started_at = now
        job.save(update_fields=["started_at"])
    return token


def _run(job: ImportJob, token: uuid.UUID, deadline: float | None) -> bool:
    _prepare(job)
    while not job.cancel_requested:
        if not _batch_with_retries(job, token):
            _finish(job, token, Status.DONE)
            return True
        if deadline is not None and time.monotonic() >= deadline:
            _release(job, token)
            return False
    _finish(job, token, Status.CANCELLED)
    return True


def _prepare(job: ImportJob) -> None:
    """Have the stage ready, even after a crash emptied it, and what rows rely on."""
    with transaction.atomic():
        if not stage_is_there(cast_table(job)):
            cast_rows(job)
            mark_rejected_again(job)
        extras = {
            item.name: item.type for item in destinations(job) if item.kind == "extra"
        }
        new = get_target(job.target).prepare(good_rows(job), extras)
        if new:
            job.report["new_extras"] = [*job.report.get("new_extras", []), *new]
            job.save(update_fields=["report"])
        if keeps_changes(job):
            open_changes(job)


def _batch_with_retries(job: ImportJob, token: uuid.UUID) -> bool:
    """Do one batch; another writer's new row or lock makes it start over."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return _batch(job, token)
        except (IntegrityError, OperationalError) as error:
            if attempt == _ATTEMPTS or not (is_collision(error) or is_ended(error)):
                raise
            job.refresh_from_db()
    return False


def _is_connection_lost(error: Exception) -> bool:
    state = getattr(error.__cause__, "sqlstate", None) or "08"
    return isinstance(error, OperationalError) and state.startswith(("08", "57P"))


def _batch(job: ImportJob, token: uuid.UUID) -> bool:
    _renew(job, token)
    whole = bool(job.options.get("all_or_nothing"))
    at_once = whole and job.rows_total <= settings.IMPORT_WHOLE_ROWS
    size = settings.IMPORT_WHOLE_ROWS if at_once else settings.IMPORT_BATCH_ROWS
    last = fetch_value(
        sql.SQL(
            "SELECT max(line) FROM (SELECT line FROM {} WHERE line > {}"
            " ORDER BY line LIMIT {}) AS batch"
        ).format(cast_table(job), sql.Literal(job.last_line), sql.Literal(size))
    )
    if last is None:
        return False
    target, context = get_target(job.target), context_of(job)
    rows = good_rows(job, job.last_line, last)
    execute(_HURRY)
    make_plan(target, rows, context)
    further = target.apply(rows, context)
    _record(job, last, further)
    if whole and count_plan().rejected:
        raise JobStateError("A row is refused that the check had let pass.")
    return True


def _renew(job: ImportJob, token: uuid.UUID) -> None:
    """Extend the lease inside the batch, so that a lost one undoes the batch."""
    held = ImportJob.objects.filter(pk=job.pk, lease_token=token)
    if not held.update(claimed_at=timezone.now()):
        raise _LeaseLostError
    job.refresh_from_db()


def _record(job: ImportJob, last: int, further: dict[str, int]) -> None:
    counts = count_plan()
    if counts.rejected:
        store_plan_rejects(job)
    batch = counts.created + counts.updated + counts.unchanged + counts.rejected
    job.created_count += counts.created
    job.updated_count += counts.updated
    job.unchanged_count += counts.unchanged
    job.rejected_count += counts.rejected
    job.rows_done += batch
    for name, count in further.items():
        job.report[name] = job.report.get(name, 0) + count
    job.last_line = last
    job.save(
        update_fields=[
            "created_count",
            "updated_count",
            "unchanged_count",
            "rejected_count",
            "rows_done",
            "report",
            "last_line",
        ]
    )


def _finish(job: ImportJob, token: uuid.UUID, status: str) -> None:
    with transaction.atomic():
        _renew(job, token)
        job.status = status
        job.lease_token, job.claimed_at = None, None
        job.finished_at = timezone.now()
        if status == Status.DONE:
            job.rows_done = job.rows_total
        job.save(
            update_fields=[
                "status",
                "lease_token",
                "claimed_at",
                "finished_at",
                "rows_done",
            ]
        )
        drop_stage(job)
        if status == Status.CANCELLED:
            _leave_nothing(job)


def _release(job: ImportJob, token: uuid.UUID) -> None:
    """Let the next worker go on at once."""
    ImportJob.objects.filter(pk=job.pk, lease_token=token).update(
        lease_token=None, claimed_at=None
    )
    job.refresh_from_db()


@transaction.atomic
def _fail(job: ImportJob, token: uuid.UUID | None, error: Exception) -> None:
    job.refresh_from_db(fields=["last_line"])
    mine = ImportJob.objects.filter(pk=job.pk, lease_token=token)
    failed = mine.exclude(status=Status.CANCELLED).update(
        status=Status.FAILED,
        error=_sentence(job, error),
        lease_token=None,
        claimed_at=None,
        finished_at=timezone.now(),
    )
    drop_stage(job)
    job.refresh_from_db()
    if failed:
        _leave_nothing(job)


def _sentence(job: ImportJob, error: Exception) -> str:
    if isinstance(error, DomainError):
        return str(error)
    if not job.last_line:
        return (
            "A fault of the system, which is in its log, stopped this before anything was"
            " imported. Upload the file again."
        )
    what_came = (
        "" if job.options.get("all_or_nothing") else "; what came before is imported"
    )
    return (
        f"The import stopped after line {job.last_line} by a fault of the system,"
        f" which is in the log{what_came}."
    )


def _leave_nothing(job: ImportJob) -> None:
    """Take back what a job wrote before it stopped, if it was to be all or nothing."""
    if job.options.get("all_or_nothing") and take_back(job):
        job.error = f"{job.error} {_TAKEN_BACK}".strip()
        job.save(update_fields=["error"])


def next_jobs() -> list[int]:
    """List the jobs that wait for a worker, the oldest first."""
    expired = timezone.now() - timedelta(seconds=settings.IMPORT_LEASE_SECONDS)
    free = Q(lease_token=None) | Q(claimed_at__lt=expired)
    waiting = ImportJob.objects.filter(
        free, status__in=(*AT_WORK, Status.QUEUED, Status.RUNNING)
    )
    return list(waiting.order_by("id").values_list("pk", flat=True))

"""Undoing an import as a whole: look what would go, confirm, take it back in batches."""

import logging
import math
import time

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone
from psycopg import sql

from imports.database import execute, fetch_value, is_collision
from imports.errors import JobStateError
from imports.models import MAX_LINE, ImportJob, ImportUndo
from imports.services.changes import changes_table, drop_changes, has_changes
from imports.services.jobs import FINISHED, require_state
from imports.services.reverting import BATCH, TOUCHED, Batch, plan_batch
from imports.targets import Undo, UndoContext, get_target
from marketing_os.lib.errors import DomainError

logger = logging.getLogger(__name__)

State = ImportUndo.State
Status = ImportJob.Status
# What was created goes before old values come back that it may stand in the way of.
_ACTIONS = ("create", "update", "remove")
CONFLICTS_KEPT = 10_000
_ATTEMPTS = 5


def can_be_undone(job: ImportJob) -> bool:
    """Tell whether a job is over and what it changed is still known."""
    is_over = job.status in FINISHED
    return is_over and get_target(job.target).undo is not None and has_changes(job)


@transaction.atomic
def request_undo(job: ImportJob, *, by: AbstractBaseUser | None = None) -> ImportUndo:
    """Have a worker look what undoing a job would do; nothing is written yet.

    Once it has looked, the undo is READY, its counts say what would happen and its
    `conflicts` list (up to 10,000 of) what changed since.
    """
    job = _held(job)
    require_state(job, *FINISHED)
    if not can_be_undone(job):
        raise JobStateError(
            "What this import changed is no longer known, so it cannot be undone."
        )
    undo, is_new = ImportUndo.objects.select_for_update().get_or_create(job=job)
    if undo.state == State.CHECKING and not is_new:
        return undo
    undo.conflicts.all().delete()
    fresh = ImportUndo(pk=undo.pk, job=job, asked_at=timezone.now())
    fresh.asked_by_id = by.pk if by else None
    fresh.total = _index_changes(job)
    fresh.save(force_update=True)
    return fresh


def take_back(job: ImportJob) -> bool:
    """Have a worker undo what a stopped import has written, without asking anybody.

    What changed since is left and listed. False if it has written nothing. Belongs into
    the transaction that ends the job.
    """
    job.refresh_from_db()
    if not job.last_line or not has_changes(job):
        return False
    ImportUndo.objects.filter(job=job).delete()
    ImportUndo.objects.create(
        job=job,
        state=State.UNDOING,
        began_at=timezone.now(),
        total=_index_changes(job),
    )
    job.status = Status.UNDOING
    job.save(update_fields=["status"])
    return True


def _held(job: ImportJob) -> ImportJob:
    """Lock the job, as whoever asks for something does before the lock of its undo.

    A worker has the undo's lock first, but wants the job's only for a confirmed undo,
    and then nobody who asks waits for the undo with the job in hand.
    """
    return ImportJob.objects.select_for_update().get(pk=job.pk)


def _index_changes(job: ImportJob) -> int:
    """Make the change-set readable in the order of its lines; count it."""
    table = changes_table(job)
    execute(
        sql.SQL("CREATE INDEX IF NOT EXISTS {} ON {} (action, line)").format(
            sql.Identifier(f"import_changes_{job.pk}_by_line"), table
        )
    )
    return int(fetch_value(sql.SQL("SELECT count(*) FROM {}").format(table)))


@transaction.atomic
def confirm_undo(
    job: ImportJob, *, skip_touched: bool = False, by: AbstractBaseUser | None = None
) -> ImportUndo:
    """Let a worker take back what was looked at; twice is once.

    What changed since refuses the whole, unless `skip_touched` asks to leave just that
    as it is.
    """
    if _held(job).status in (Status.UNDOING, Status.UNDONE):
        return ImportUndo.objects.get(job=job)
    require_state(job, *FINISHED)
    undo = ImportUndo.objects.select_for_update().filter(job=job).first()
    if undo is None or undo.state != State.READY or not has_changes(job):
        raise JobStateError("Look first what undoing this import would do.")
    if undo.touched_count and not skip_touched:
        raise JobStateError(
            "Later changes touched what this import wrote. Nothing was undone."
        )
    _rewind(undo)
    undo.state, undo.began_at = State.UNDOING, timezone.now()
    undo.asked_by_id = by.pk if by else undo.asked_by_id
    undo.save()
    ImportJob.objects.filter(pk=job.pk).update(status=Status.UNDOING)
    job.refresh_from_db()
    return undo


def retry_undo(job: ImportJob) -> ImportUndo:
    """Go on with an undo that a fault stopped, from where it stopped."""
    tried = ImportUndo.objects.filter(
        job=job, state=State.FAILED, job__status=Status.UNDOING
    )
    if not tried.update(state=State.UNDOING, error=""):
        raise JobStateError("There is nothing to go on with.")
    return tried.model.objects.get(job=job)


def _rewind(undo: ImportUndo) -> None:
    undo.action, undo.line = _ACTIONS[0], MAX_LINE
    undo.done = undo.removed_count = undo.restored_count = 0
    undo.gone_count = undo.touched_count = 0
    undo.conflicts.all().delete()


def next_undos() -> list[int]:
    """List the jobs whose undo waits for a worker, the oldest first."""
    waiting = ImportUndo.objects.filter(state__in=(State.CHECKING, State.UNDOING))
    return list(waiting.order_by("asked_at").values_list("job_id", flat=True))


def work_on_undo(job: ImportJob, *, seconds: float = math.inf) -> None:
    """Look or take back, batch by batch, until done or until `seconds` are over.

    Each batch is committed with the place it reached, so a death costs one batch. A
    fault ends the undo as FAILED with a sentence in `error`.
    """
    deadline = time.monotonic() + seconds
    try:
        while _step_with_retries(job) and time.monotonic() < deadline:
            pass
    except Exception as error:
        if isinstance(error, OperationalError) and not is_collision(error):
            # The database is gone for now; the next round goes on from here.
            raise
        logger.exception("The undo of import %s stopped.", job.pk)
        ImportUndo.objects.filter(job=job).update(
            state=State.FAILED, error=_sentence(error)
        )
    job.refresh_from_db()


def _sentence(error: Exception) -> str:
    if isinstance(error, DomainError):
        return str(error)
    return (
        "The undoing stopped by a fault of the system, which is in the log; it can be"
        " gone on with."
    )


def _step_with_retries(job: ImportJob) -> bool:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            with transaction.atomic():
                return _step(job)
        except (IntegrityError, OperationalError) as error:
            # Somebody wrote between the look and the commit: look again.
            if attempt == _ATTEMPTS or not _was_raced(error):
                raise
    return False


def _was_raced(error: Exception) -> bool:
    return is_collision(error) or getattr(error.__cause__, "sqlstate", "") == "23503"


def _step(job: ImportJob) -> bool:
    """Do one batch under the lock of the undo; False when there is no more to do."""
    waiting = ImportUndo.objects.select_for_update(skip_locked=True)
    undo = waiting.filter(job=job, state__in=(State.CHECKING, State.UNDOING)).first()
    if undo is None:
        return False
    how = get_target(job.target).undo
    if how is None or not has_changes(job):
        raise JobStateError("What this import changed is no longer known.")
    context = _context(undo)
    batch = plan_batch(how, context, undo.action, undo.line, settings.IMPORT_BATCH_ROWS)
    if batch.lowest is None:
        return _next_action(undo, how, context)
    if undo.state == State.UNDOING:
        how.revert(BATCH, context)
    _record(undo, batch)
    return True


def _context(undo: ImportUndo) -> UndoContext:
    by = undo.asked_by.get_username() if undo.asked_by else ""
    return UndoContext(f"import {undo.job_id}", by, changes_table(undo.job))


def _record(undo: ImportUndo, batch: Batch) -> None:
    if batch.touched:
        _keep_conflicts(undo)
    undo.line = batch.lowest or 0
    undo.done += batch.found
    undo.gone_count += batch.gone
    undo.touched_count += batch.touched
    if undo.action == "create":
        undo.removed_count += batch.reverted
    else:
        undo.restored_count += batch.reverted
    undo.save()


def _keep_conflicts(undo: ImportUndo) -> None:
    room = max(0, CONFLICTS_KEPT - undo.conflicts.count())
    execute(
        sql.SQL(
            "INSERT INTO import_conflicts"
            " (undo_id, line, owner_id, who, field, imported, now, reason)"
            " SELECT {undo}, t.line, c.owner_id, left(coalesce(t.who, ''), 320), t.field,"
            " left(coalesce(t.imported, ''), 1000), left(coalesce(t.now, ''), 1000),"
            " t.reason FROM {touched} AS t JOIN {changes} AS c ON c.line = t.line"
            " ORDER BY t.line DESC LIMIT {room}"
        ).format(
            undo=sql.Literal(undo.pk),
            touched=TOUCHED,
            changes=changes_table(undo.job),
            room=sql.Literal(room),
        )
    )


def _next_action(undo: ImportUndo, how: Undo, context: UndoContext) -> bool:
    """Go on to the next sort of changes, then to what is beside them, then end."""
    place = _ACTIONS.index(undo.action) + 1
    if place < len(_ACTIONS):
        undo.action, undo.line = _ACTIONS[place], MAX_LINE
        undo.save()
        return True
    if undo.state == State.CHECKING:
        undo.state = State.READY
        undo.save()
        return False
    if lifted := how.further(context, settings.IMPORT_BATCH_ROWS):
        undo.restored_count += lifted
        undo.save()
        return True
    how.finish(context, undo.job.report.get("new_extras", []))
    _finish(undo)
    return False


def _finish(undo: ImportUndo) -> None:
    undo.state, undo.finished_at = State.DONE, timezone.now()
    undo.save()
    ImportJob.objects.filter(pk=undo.job_id).update(status=Status.UNDONE)
    drop_changes(undo.job)

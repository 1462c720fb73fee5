"""Forgetting what imports left behind, once its time is over."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone
from psycopg import sql

from imports.database import execute, fetch
from imports.models import ImportJob, ImportReject, ImportUndo
from imports.services.changes import drop_changes
from imports.services.jobs import FINISHED, cancel_job

Status = ImportJob.Status
OVER = (*FINISHED, Status.UNDONE)
# The key of a report under which the name of such a file stands.
TO_DELETE = "file_to_delete"


def clean_up_imports() -> None:
    """Cancel what nobody confirmed; drop old change-sets, stages, files and rejects."""
    cancel_abandoned()
    forget_changes()
    drop_stages()
    delete_files()
    delete_marked_files()
    delete_rejects()


def cancel_abandoned() -> int:
    """Cancel imports that wait for a person for too long; return how many."""
    waiting = ImportJob.objects.filter(
        status__in=(Status.UPLOADED, Status.CHECKED),
        created_at__lt=_days_ago(settings.IMPORT_ABANDONED_DAYS),
    )
    for job in waiting:
        cancel_job(job)
        ImportJob.objects.filter(pk=job.pk, status=Status.CANCELLED).update(
            error=f"Nobody confirmed it within {settings.IMPORT_ABANDONED_DAYS} days."
        )
    return len(waiting)


def forget_changes() -> int:
    """Drop the change-sets of imports that can no longer be undone."""
    kept = _numbers("^import_changes_[0-9]+$")
    jobs = ImportJob.objects.in_bulk(kept)
    last = _days_ago(settings.IMPORT_UNDO_DAYS)
    old = [key for key in kept if _is_old(jobs.get(key), last)]
    for key in old:
        ImportUndo.objects.filter(job=key).exclude(state=ImportUndo.State.DONE).delete()
        drop_changes(jobs.get(key) or ImportJob(pk=key))
    return len(old)


def _is_old(job: ImportJob | None, last: datetime) -> bool:
    if job is None:
        return True
    is_over = job.status in OVER and job.finished_at is not None
    return is_over and job.finished_at < last  # type: ignore[operator]


def drop_stages() -> int:
    """Drop the stages of imports that are over or no longer there."""
    left = 0
    for kind in ("raw", "cast"):
        keys = _numbers(f"^import_{kind}_[0-9]+$")
        alive = ImportJob.objects.filter(pk__in=keys).exclude(status__in=OVER)
        for key in set(keys) - set(alive.values_list("pk", flat=True)):
            execute(
                sql.SQL("DROP TABLE IF EXISTS {}").format(
                    sql.Identifier(f"import_{kind}_{key}")
                )
            )
            left += 1
    return left


def delete_files() -> int:
    """Delete the uploaded files of imports that are over for long enough."""
    old = ImportJob.objects.filter(
        status__in=OVER, finished_at__lt=_days_ago(settings.IMPORT_FILE_DAYS)
    ).exclude(file="")
    for job in old:
        job.file.delete(save=False)
        ImportJob.objects.filter(pk=job.pk).update(file="")
    return len(old)


def delete_marked_files() -> None:
    """Delete what erasures took from their jobs, also one that broke off here.

    Only when all the rest is committed: until then the file tells which lines name
    the person.
    """
    for job in ImportJob.objects.filter(report__has_key=TO_DELETE):
        default_storage.delete(job.report.pop(TO_DELETE))
        job.save(update_fields=["report"])


def delete_rejects() -> int:
    """Delete the refused values of the same imports; how many there were stays."""
    old = ImportJob.objects.filter(
        status__in=OVER, finished_at__lt=_days_ago(settings.IMPORT_FILE_DAYS)
    )
    return ImportReject.objects.filter(job__in=old).delete()[0]


def _numbers(pattern: str) -> list[int]:
    """List the numbers of the jobs that have a table of this kind."""
    query = sql.SQL(
        "SELECT substring(relname from '[0-9]+$')::bigint FROM pg_class"
        " WHERE relkind = 'r' AND relname ~ {}"
        " AND relnamespace = current_schema()::regnamespace"
    )
    return [number for (number,) in fetch(query.format(sql.Literal(pattern)))]


def _days_ago(days: int) -> datetime:
    return timezone.now() - timedelta(days=days)

import time

from celery import shared_task

from imports.models import ImportJob
from imports.services import (
    clean_up_imports,
    next_jobs,
    next_undos,
    work_on_job,
    work_on_undo,
)

_SECONDS = 45.0


@shared_task
def work_on_imports() -> None:
    """Check, run and undo the imports that wait, for less than a minute; beat calls
    this every 3 seconds, and pages do at once when a person waits."""
    deadline = time.monotonic() + _SECONDS
    for waiting, work in ((next_jobs(), work_on_job), (next_undos(), work_on_undo)):
        for job in ImportJob.objects.filter(pk__in=waiting).order_by("pk"):
            work(job, seconds=deadline - time.monotonic())
            if time.monotonic() >= deadline:
                return


@shared_task
def clean_up() -> None:
    """Forget what imports left behind when its time is over; beat calls this hourly."""
    clean_up_imports()

import time

from celery import shared_task

from imports.models import ImportJob
from imports.services import check_job, next_jobs, run_job

_SECONDS = 45.0


@shared_task
def work_on_imports() -> None:
    """Check and run the imports that wait, for less than a minute; beat calls this
    every 3 seconds, and pages do at once when a person waits."""
    deadline = time.monotonic() + _SECONDS
    for pk in next_jobs():
        job = ImportJob.objects.get(pk=pk)
        if job.status == ImportJob.Status.CHECKING:
            check_job(job)
        else:
            run_job(job, seconds=deadline - time.monotonic())
        if time.monotonic() >= deadline:
            return

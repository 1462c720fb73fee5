import time

from celery import shared_task

from imports.models import ImportJob
from imports.services import next_jobs, work_on_job

_SECONDS = 45.0


@shared_task
def work_on_imports() -> None:
    """Check and run the imports that wait, for less than a minute; beat calls this
    every 3 seconds, and pages do at once when a person waits."""
    deadline = time.monotonic() + _SECONDS
    for job in ImportJob.objects.filter(pk__in=next_jobs()).order_by("pk"):
        work_on_job(job, seconds=deadline - time.monotonic())
        if time.monotonic() >= deadline:
            return

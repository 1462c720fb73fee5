from celery import shared_task

from marketing_os.lib.heartbeats import WORKER, record_heartbeat


@shared_task(ignore_result=True, time_limit=20)
def show_that_the_worker_lives() -> None:
    """Leave a sign of life: the clock ticks, the broker carries, a worker works."""
    record_heartbeat(WORKER)

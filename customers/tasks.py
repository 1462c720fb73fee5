import time

from celery import shared_task

from customers.services import devices, next_erasures, work_on_erasure

_SECONDS = 45.0


@shared_task
def erase_customers() -> None:
    """Go on with the erasures that wait, for less than a minute; beat calls this every
    20 seconds, and the page that asks for one does at once."""
    deadline = time.monotonic() + _SECONDS
    for pk in next_erasures():
        work_on_erasure(pk, seconds=deadline - time.monotonic())
        if time.monotonic() >= deadline:
            return


@shared_task(ignore_result=True, time_limit=120)
def forget_old_devices() -> None:
    """Delete visits that are kept long enough, and forget after a day where they came
    from; beat calls this hourly."""
    devices.forget_old_devices(seconds=_SECONDS)

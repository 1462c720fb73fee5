from celery import shared_task


@shared_task(ignore_result=True)
def send_due_messages() -> None:
    """Send what is due; beat calls this every few seconds, a page whenever it likes."""

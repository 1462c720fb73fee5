from celery import shared_task

from portal import services


@shared_task(ignore_result=True, time_limit=120)
def handle_visitor_messages() -> None:
    """Handle what visitors wrote; beat calls this every 10 seconds, the page at once."""
    services.handle_messages()


@shared_task(ignore_result=True, time_limit=120)
def forget_visitors() -> None:
    """Forget after a day where messages came from; beat calls this hourly."""
    services.forget_visitors()

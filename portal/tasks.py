from celery import shared_task

from portal import services

_SECONDS = 45.0


@shared_task(ignore_result=True, time_limit=120)
def handle_visitor_messages() -> None:
    """Handle what visitors wrote; beat calls this every 10 seconds, the page at once."""
    services.handle_messages()


@shared_task(ignore_result=True, time_limit=120)
def forget_visitors() -> None:
    """Delete messages that are kept long enough, and forget after a day where they came
    from; beat calls this hourly."""
    services.forget_visitors(seconds=_SECONDS)

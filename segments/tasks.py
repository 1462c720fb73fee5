from celery import shared_task

from segments import services
from segments.services import scores


@shared_task
def refresh_segment(snapshot_id: int) -> None:
    """Look one segment up for which that was asked."""
    services.run_refresh(snapshot_id)


@shared_task
def refresh_waiting_segments() -> None:
    """Take up the look-ups whose hint was lost; beat calls this every 20 seconds."""
    for snapshot_id in services.queued_refreshes():
        refresh_segment.delay(snapshot_id)


@shared_task
def clean_segment_snapshots() -> None:
    """Give up lost look-ups and drop old ones; beat calls this every 10 minutes."""
    services.clean_snapshots()


@shared_task
def ask_for_new_scores() -> None:
    """Have everybody scored anew; beat calls this every night."""
    scores.request_score_refresh()


@shared_task
def refresh_waiting_scores() -> None:
    """Start a refresh that was asked for, give up dead ones; every 20 seconds."""
    scores.give_up_lost()
    scores.start_waiting_refresh()

import mmap
from datetime import timedelta
from typing import Any

from celery import shared_task
from celery.signals import worker_shutting_down
from django.utils import timezone

from messaging.services import send_due
from messaging.services.events import forget_strange_reports, settle_reports
from messaging.services.sending_rules import ask_again
from messaging.services.sweeping import sweep_leases

# One byte that the worker's main process shares with the processes it forks, which
# do not hear of a shutdown themselves.
_stopping = mmap.mmap(-1, 1)


@shared_task(ignore_result=True, soft_time_limit=540, time_limit=600)
def send_due_messages() -> None:
    """Send what is due; beat calls this every few seconds, a page whenever it likes."""
    send_due(
        limit=10_000,
        until=timezone.now() + timedelta(seconds=20),
        stopping=lambda: bool(_stopping[0]),
    )


@shared_task(ignore_result=True, time_limit=60)
def sweep_expired_leases() -> None:
    """Bring back what dead workers held; beat calls this twice a minute."""
    sweep_leases()


@shared_task(ignore_result=True, time_limit=60)
def settle_waiting_reports() -> None:
    """Join reports that came before our record; beat calls this twice a minute."""
    settle_reports()
    forget_strange_reports()


@shared_task(ignore_result=True, time_limit=600)
def judge_held_back_again() -> None:
    """Let rules that were changed decide anew about what the old ones held back."""
    ask_again()
    send_due_messages.delay()


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def finish_the_chunk_in_hand(**_details: Any) -> None:
    """Let running tasks end after what they are just sending."""
    _stopping[0] = 1

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from automations import services
from automations.services.looks import has_waiting_looks, take_next_look
from automations.services.webhooks import delete_old_calls
from automations.webhooks.sending import send_due_calls
from automations.workflows.catching_up import catch_up_all
from automations.workflows.daily import check_daily
from automations.workflows.happenings import take_events
from automations.workflows.leaving import sweep
from automations.workflows.steps.sending import close_left_dispatches
from automations.workflows.walking import advance
from marketing_os.lib.hints import wake
from messaging.tasks import send_due_messages

_WORK_FOR = timedelta(seconds=50)
# The last calls may take a while longer.
_CALL_FOR = timedelta(seconds=25)


@shared_task(ignore_result=True, time_limit=120)
def tick() -> None:
    """Give every slot that has come its run; beat calls this every 20 seconds."""
    services.tick()
    if services.has_due_runs():
        wake(prepare_due_runs)
    if services.has_waiting_forecasts():
        wake(count_forecasts)
    if has_waiting_looks():
        wake(look_at_triggers)


@shared_task(ignore_result=True, time_limit=120)
def ensure_slots(automation_id: int) -> None:
    """Give the slots of one automation their runs; its beat row calls this."""
    services.ensure_slots(automation_id)
    if services.has_due_runs():
        wake(prepare_due_runs)


@shared_task(ignore_result=True, time_limit=300)
def prepare_due_runs() -> None:
    """Write the deliveries of the runs that are due, and wake the sender."""
    until = timezone.now() + _WORK_FOR
    while timezone.now() < until and services.prepare_next_run():
        wake(send_due_messages)


@shared_task(ignore_result=True, time_limit=300)
def check_workflows() -> None:
    """Let in whom the daily triggers mean; beat calls this every minute."""
    if check_daily():
        wake(advance_workflows)


@shared_task(ignore_result=True, time_limit=120)
def take_workflow_events() -> None:
    """Start what events start, until none is left; beat calls this every second."""
    until = timezone.now() + _WORK_FOR
    while timezone.now() < until and take_events():
        wake(advance_workflows)


@shared_task(ignore_result=True, time_limit=300)
def catch_up_with_events() -> None:
    """Start what untold events were to start; beat calls this every hour."""
    if catch_up_all():
        wake(advance_workflows)


@shared_task(ignore_result=True, time_limit=120)
def advance_workflows() -> None:
    """Carry out the steps that are due; beat calls this every 5 seconds."""
    until = timezone.now() + _WORK_FOR
    while timezone.now() < until and advance():
        wake(send_due_messages)


@shared_task(ignore_result=True, time_limit=300)
def end_ways_early() -> None:
    """End the ways of who waits and reached a goal; beat calls this every 2 minutes."""
    sweep()
    close_left_dispatches()


@shared_task(ignore_result=True, time_limit=120)
def send_webhook_calls() -> None:
    """Call other systems until nothing is due; beat calls this every 5 seconds."""
    until = timezone.now() + _CALL_FOR
    while timezone.now() < until and send_due_calls():
        pass


@shared_task(ignore_result=True, time_limit=120)
def delete_old_webhook_calls() -> None:
    """Delete calls that are kept long enough; beat calls this hourly."""
    delete_old_calls(seconds=_WORK_FOR.total_seconds())


@shared_task(ignore_result=True, time_limit=300)
def count_forecasts() -> None:
    """Count the forecasts that pages wait for; a page wakes it, and each tick."""
    until = timezone.now() + _WORK_FOR
    while timezone.now() < until and services.count_next_forecast():
        pass


@shared_task(ignore_result=True, time_limit=300)
def look_at_triggers() -> None:
    """Take the looks that pages wait for; a page wakes it, and each tick."""
    until = timezone.now() + _WORK_FOR
    while timezone.now() < until and (look := take_next_look()):
        if look.lets_in and look.entering:
            wake(advance_workflows)

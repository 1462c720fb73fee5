"""The verbs of automations; each write goes through one of them."""

from automations.services.automations import (
    activate,
    automation_errors,
    deactivate,
    delete_automation,
    runs_under_way,
    save_automation,
)
from automations.services.forecasts import (
    count_next_forecast,
    forecast_run,
    has_waiting_forecasts,
    request_forecast,
)
from automations.services.past import record_past_run
from automations.services.runs import (
    STUCK_AFTER,
    cancel_run,
    discard_run,
    follow_dispatches,
    has_due_runs,
    prepare_next_run,
    prepare_run,
    release_run,
    retry_run,
    run_now,
    series_of,
)
from automations.services.schedules import (
    BeatChange,
    refresh_beat,
    remove_orphans,
    sync_beat,
)
from automations.services.slots import (
    ensure_slots,
    next_run_at,
    slot_as_of,
    tick,
)

__all__ = [
    "STUCK_AFTER",
    "BeatChange",
    "activate",
    "automation_errors",
    "cancel_run",
    "count_next_forecast",
    "deactivate",
    "delete_automation",
    "discard_run",
    "ensure_slots",
    "follow_dispatches",
    "forecast_run",
    "has_due_runs",
    "has_waiting_forecasts",
    "next_run_at",
    "prepare_next_run",
    "prepare_run",
    "record_past_run",
    "refresh_beat",
    "release_run",
    "remove_orphans",
    "request_forecast",
    "retry_run",
    "run_now",
    "runs_under_way",
    "save_automation",
    "series_of",
    "slot_as_of",
    "sync_beat",
    "tick",
]

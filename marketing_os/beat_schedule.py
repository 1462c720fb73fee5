"""What beat sends to the workers, and how often, in seconds or as a crontab."""

from celery.schedules import crontab

# A firing that is older than the next one does nothing that the next will not do.
BEAT_SCHEDULE: dict[str, dict[str, object]] = {
    "show that the worker lives": {
        "task": "marketing_os.tasks.show_that_the_worker_lives",
        "schedule": 15.0,
        "options": {"expires": 30},
    },
    "automations-tick": {
        "task": "automations.tasks.tick",
        "schedule": 20.0,
        "options": {"expires": 60},
    },
    "look for whom workflows mean today": {
        "task": "automations.tasks.check_workflows",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "start workflows by events": {
        "task": "automations.tasks.take_workflow_events",
        "schedule": 1.0,
        "options": {"expires": 4},
    },
    "start workflows by events that were not told": {
        "task": "automations.tasks.catch_up_with_events",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "go on with workflows": {
        "task": "automations.tasks.advance_workflows",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "end the ways of who reached their goal": {
        "task": "automations.tasks.end_ways_early",
        "schedule": 120.0,
        "options": {"expires": 120},
    },
    "call webhooks": {
        "task": "automations.tasks.send_webhook_calls",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "send due messages": {
        "task": "messaging.tasks.send_due_messages",
        "schedule": 5.0,
        "options": {"expires": 10},
    },
    "bring back what workers left behind": {
        "task": "messaging.tasks.sweep_expired_leases",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "settle reports that came early": {
        "task": "messaging.tasks.settle_waiting_reports",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
    "work on imports": {
        "task": "imports.tasks.work_on_imports",
        "schedule": 3.0,
        "options": {"expires": 10},
    },
    "erase customers": {
        "task": "customers.tasks.erase_customers",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    "forget old answers": {
        "task": "marketing_os.tasks.forget_old_answers",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "clean up imports": {
        "task": "imports.tasks.clean_up",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "handle messages of the public page": {
        "task": "portal.tasks.handle_visitor_messages",
        "schedule": 10.0,
        "options": {"expires": 20},
    },
    "delete old webhook calls": {
        "task": "automations.tasks.delete_old_webhook_calls",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "forget old devices": {
        "task": "customers.tasks.forget_old_devices",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "forget where visitors came from": {
        "task": "portal.tasks.forget_visitors",
        "schedule": 3600.0,
        "options": {"expires": 3600},
    },
    "refresh waiting segments": {
        "task": "segments.tasks.refresh_waiting_segments",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
    "clean segment snapshots": {
        "task": "segments.tasks.clean_segment_snapshots",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    # Before the daily check of workflows at 4, which asks for scores.
    "score all customers": {
        "task": "segments.tasks.ask_for_new_scores",
        "schedule": crontab(hour=3, minute=0),
        "options": {"expires": 3600},
    },
    "start waiting scores": {
        "task": "segments.tasks.refresh_waiting_scores",
        "schedule": 20.0,
        "options": {"expires": 20},
    },
}

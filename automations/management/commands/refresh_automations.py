import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from automations import services
from automations.models import Automation


class Command(BaseCommand):
    help = (
        "Bring the schedules of celery beat into step with all automations; print "
        "every automation and what was changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        automations, changes = [], []
        for automation, change in services.refresh_beat():
            automations.append(_facts(automation))
            changes += [change] if change else []
        changes += services.remove_orphans()
        if options["json"]:
            facts = {"automations": automations, "changes": _as_dicts(changes)}
            self.stdout.write(json.dumps(facts, indent=2, ensure_ascii=False))
            return
        for facts in automations:
            self._print_automation(facts)
        self._print_changes(changes)

    def _print_automation(self, facts: dict[str, Any]) -> None:
        state = "active" if facts["is_active"] else "inactive"
        self.stdout.write(f"{facts['id']}  {facts['name']} ({state})")
        self.stdout.write(
            f"    segment   {facts['segment']} ({facts['customer_segment_id']})\n"
            f"    template  {facts['template']} ({facts['message_template_id']})\n"
            f"    schedule  {facts['cron'] or facts['run_at'] or 'now'}"
            f"  {facts['timezone']}\n"
            f"    next run  {facts['next_run_at'] or '-'}"
        )

    def _print_changes(self, changes: list[services.BeatChange]) -> None:
        if not changes:
            self.stdout.write("Beat's schedules were in step; nothing was changed.")
        for change in changes:
            detail = f": {change.detail}" if change.detail else ""
            self.stdout.write(f"{change.kind} {change.task_name}{detail}")


def _facts(automation: Automation) -> dict[str, Any]:
    next_run = services.next_run_at(automation)
    return {
        "id": automation.pk,
        "name": automation.name,
        "customer_segment_id": automation.segment_id,
        "segment": automation.segment.name,
        "message_template_id": automation.template_id,
        "template": automation.template.name,
        "schedule": automation.schedule,
        "cron": automation.cron,
        "run_at": automation.run_at.isoformat() if automation.run_at else None,
        "timezone": automation.timezone,
        "is_active": automation.is_active,
        "next_run_at": next_run.isoformat() if next_run else None,
        "policy": automation.policy,
        "again_after_days": automation.again_after_days,
        "misfire": automation.misfire,
        "grace_minutes": automation.grace_minutes,
        "holdout_percent": automation.holdout_percent,
    }


def _as_dicts(changes: list[services.BeatChange]) -> list[dict[str, Any]]:
    return [
        {
            "change": change.kind,
            "periodic_task": change.task_name,
            "automation_id": change.automation_id,
            "detail": change.detail,
        }
        for change in changes
    ]

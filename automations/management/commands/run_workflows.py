from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from automations.workflows.daily import check_daily
from automations.workflows.happenings import take_events
from automations.workflows.walking import BATCH, advance


class Command(BaseCommand):
    """Do what workers do for workflows, once or until nothing is due."""

    help = (
        "Look for whom workflows mean, start what events start, and go on with steps."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--until-empty", action="store_true", help="Go on until nothing is due."
        )

        parser.add_argument(
            "--batch", type=int, default=BATCH, help="Enrolments in one transaction."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        entered, batch = check_daily(), max(options["batch"], 1)
        events = steps = 0
        while True:
            new_events, new_steps = take_events(), advance(limit=batch)
            events, steps = events + new_events, steps + new_steps
            if not options["until_empty"] or not (new_events or new_steps):
                break
        self.stdout.write(
            f"{entered} entered by the daily look; {events} events were taken and"
            f" {steps} enrolments went on."
        )

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive

from automations.models import Automation
from automations.services import record_past_run
from marketing_os.lib.errors import DomainError
from marketing_os.lib.zones import place, read_zone
from segments.models import Segment


class Command(BaseCommand):
    help = (
        "Write down a run that another system did: the automation's segment got its "
        "message at a time, except those of a second segment, who were held out. "
        "Nothing is sent; the results are told as those of any run."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("automation_id", type=int, metavar="ID")
        parser.add_argument(
            "--at",
            required=True,
            metavar="TIME",
            help="Such as 2026-03-05T09:00 in the automation's zone, or with an offset.",
        )
        parser.add_argument(
            "--held-out",
            type=int,
            metavar="SEGMENT",
            help="The number of the segment that got nothing, for comparison.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._handle(**options)
        except (Automation.DoesNotExist, Segment.DoesNotExist) as error:
            raise CommandError(str(error)) from error
        except DomainError as error:
            raise CommandError(str(error)) from error

    def _handle(self, **options: Any) -> None:
        automation = Automation.objects.get(pk=options["automation_id"])
        number = options["held_out"]
        held_out = None if number is None else Segment.objects.get(pk=number)
        at = _time(options["at"], automation)
        run = record_past_run(automation, at=at, held_out=held_out)
        dispatch = run.dispatch
        assert dispatch is not None
        held = dispatch.deliveries.filter(reason="holdout").count()
        self.stdout.write(
            f"Run {run.pk}: {dispatch.audience_count - held} got it, {held} held out."
        )


def _time(text: str, automation: Automation) -> Any:
    try:
        given = parse_datetime(text)
    except ValueError:
        given = None
    if given is None:
        raise CommandError(f"{text} is no time; write it as 2026-03-05T09:00.")
    if not is_naive(given):
        return given
    return place(given, read_zone(automation.timezone)).at

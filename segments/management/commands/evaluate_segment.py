from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from segments.models import Segment
from segments.services import SegmentError, audience, latest_snapshot

MOST_NAMES = 20


class Command(BaseCommand):
    help = "Look a segment up now and print how many customers are in it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="the segment's name")
        parser.add_argument(
            "--ids", action="store_true", help="print the customers' IDs instead"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        segment = Segment.objects.filter(name=options["name"]).first()
        if segment is None:
            raise CommandError(_unknown(options["name"]))
        try:
            customers = audience(segment)
        except SegmentError as error:
            raise CommandError(str(error)) from error
        if options["ids"]:
            ids = customers.order_by("pk").values_list("pk", flat=True)
            for pk in ids.iterator():
                self.stdout.write(str(pk))
            return
        self.stdout.write(_summary(segment, customers.count()))


def _unknown(name: str) -> str:
    names = list(Segment.objects.order_by("name").values_list("name", flat=True))
    known = ", ".join(f"“{known}”" for known in names[:MOST_NAMES])
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    hint = f"There are {known}{more}." if names else "There are none yet."
    return f"There is no segment called “{name}”. {hint}"


def _summary(segment: Segment, count: int) -> str:
    text = f"{count} customers are in “{segment}”."
    snapshot = latest_snapshot(segment)
    if snapshot is None or not snapshot.ignored_count:
        return text
    return f"{text} {snapshot.ignored_count} rows were empty, twice or unknown."

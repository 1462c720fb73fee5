from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from automations import services
from automations.models import Automation, AutomationRun
from marketing_os.lib.errors import DomainError
from marketing_os.lib.zones import place, read_zone
from messaging.models import Delivery, Dispatch
from messaging.services import dispatch_counts, send_due
from messaging.services.switches import sending_is_held

_WAIT = 0.5  # seconds between two looks while others are at work
_AT_A_TIME = 100


class Command(BaseCommand):
    help = (
        "Run one automation now, or its slot of a given time, and wait until every "
        "message is settled. Beside a running worker it helps; alone it sends itself."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("automation_id", type=int, metavar="ID")
        parser.add_argument(
            "--as-of",
            metavar="TIME",
            help=(
                "Run the slot of this time, such as 2026-11-21T09:00 in the "
                "automation's time zone, or with an offset. The same slot again is "
                "the same run and sends nothing twice."
            ),
        )
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Print who would get it and why others would not; write nothing.",
        )
        parser.add_argument(
            "--no-wait",
            action="store_true",
            help="Return when the deliveries are written; the worker sends them.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._handle(**options)
        except DomainError as error:
            raise CommandError(str(error)) from error

    def _handle(self, **options: Any) -> None:
        automation = _automation(options["automation_id"])
        slot = _slot(automation, options["as_of"])
        if options["dry_run"]:
            self._print_forecast(automation)
            return
        run = services.run_now(automation, slot=slot)
        self.stdout.write(
            f"Run {run.pk} of “{automation.name}”, due {run.scheduled_for:%F %H:%M:%S} UTC"
        )
        dispatch = self._prepared(run)
        if not options["no_wait"]:
            self._see_to_the_end(dispatch)
        self._print_counts(dispatch)
        services.follow_dispatches()

    def _print_forecast(self, automation: Automation) -> None:
        found = services.forecast_run(automation)
        self.stdout.write(f"“{automation.name}” would reach {found.total} customers:")
        for (state, reason), count in sorted(found.counter.items()):
            self.stdout.write(f"{count:>9}  {_words(state, reason)}")
        if found.last_run and found.last_run.dispatch:
            self.stdout.write(
                f"The last run, due {found.last_run.scheduled_for:%F %H:%M} UTC, had"
                f" {found.last_run.dispatch.audience_count}: {found.entered_count} have"
                f" come since, {found.left_count} have gone."
            )
        if found.surge:
            self.stdout.write(f"Far more than usual. {found.surge}")

    def _prepared(self, run: AutomationRun) -> Dispatch:
        """Write the run's deliveries, or wait for the worker that is doing so."""
        while True:
            run = services.prepare_run(run) or run
            run.refresh_from_db()
            if run.dispatch:
                return run.dispatch
            if run.state not in AutomationRun.OPEN:
                raise CommandError(run.error or "The run was cancelled.")
            sleep(_WAIT)

    def _see_to_the_end(self, dispatch: Dispatch) -> None:
        total, bar = dispatch.audience_count, _Bar(self.stdout)
        while True:
            worked = send_due(
                limit=_AT_A_TIME, until=timezone.now() + timedelta(seconds=5)
            )
            dispatch.refresh_from_db()
            waiting = _waiting(dispatch)
            bar.show(total - waiting, total)
            if not waiting or dispatch.state != Dispatch.State.SENDING:
                if dispatch.stopped_because:
                    words = dispatch.get_state_display()
                    self.stdout.write(f"{words}: {dispatch.stopped_because}")
                break
            if not worked:
                reason = _why_nothing_moves(dispatch)
                if reason:
                    self.stdout.write(reason)
                    break
                sleep(_WAIT)
        bar.end()

    def _print_counts(self, dispatch: Dispatch) -> None:
        self.stdout.write(f"Audience: {dispatch.audience_count}")
        for state, reason, count in dispatch_counts(dispatch):
            self.stdout.write(f"{count:>9}  {_words(state, reason)}")


class _Bar:
    """A progress bar on a terminal; elsewhere a line per tenth."""

    WIDTH = 30

    def __init__(self, out: Any) -> None:
        self._out, self._is_terminal = out, bool(out.isatty())
        self._shown = -1

    def show(self, done: int, total: int) -> None:
        percent = 100 * done // total if total else 100
        mark = percent if self._is_terminal else percent // 10
        if mark == self._shown:
            return
        self._shown = mark
        filled = self.WIDTH * percent // 100
        bar = "#" * filled + "." * (self.WIDTH - filled)
        start, end = ("\r", "") if self._is_terminal else ("", "\n")
        self._out.write(f"{start}[{bar}] {percent:>3} %  {done} of {total}", ending=end)
        self._out.flush()

    def end(self) -> None:
        if self._is_terminal:
            self._out.write("")


def _automation(pk: int) -> Automation:
    found = Automation.objects.select_related("segment", "template").filter(pk=pk)
    automation = found.first()
    if automation is None:
        raise CommandError(f"There is no automation with the ID {pk}.")
    return automation


def _slot(automation: Automation, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text.strip())
        if at.tzinfo is None:
            at = place(at, read_zone(automation.timezone)).at
        return services.slot_as_of(automation, at.astimezone(UTC))
    except (ValueError, OverflowError) as error:
        raise CommandError(
            f"“{text}” is not a time. Write it as 2026-11-21T09:00 or "
            "2026-11-21T09:00+01:00."
        ) from error


def _waiting(dispatch: Dispatch) -> int:
    return dispatch.deliveries.filter(state__in=Delivery.WAITING).count()


def _why_nothing_moves(dispatch: Dispatch) -> str:
    """Say why waiting longer is of no use, or nothing if others are at work."""
    if sending_is_held():
        return "All sending is held; what waits goes out when it is released."
    due = dispatch.deliveries.filter(
        state__in=Delivery.WAITING, due_at__lte=timezone.now() + timedelta(minutes=2)
    )
    if not due.exists():
        return "The rest is due later and goes out then."
    return ""


def _words(state: str, reason: str) -> str:
    words = str(Delivery.State(state).label)
    return f"{words}: {Delivery.Reason(reason).label}" if reason else words

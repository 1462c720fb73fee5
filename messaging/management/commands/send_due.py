import signal
import time
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from messaging.models import Delivery, Dispatch
from messaging.services import send_due
from messaging.services.sweeping import sweep_leases

PAUSE_SECONDS = 0.5


class Command(BaseCommand):
    help = "Send what is due, as a worker does, without a broker."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--until-empty",
            action="store_true",
            help="Go on until nothing waits in any run that is being sent.",
        )
        parser.add_argument("--seconds", type=int, default=50)

    def handle(self, *args: Any, until_empty: bool, seconds: int, **o: Any) -> None:
        self.is_stopping = False
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        sent = 0
        while not self.is_stopping:
            until = timezone.now() + timedelta(seconds=seconds)
            worked = send_due(limit=100_000, until=until, stopping=self._stopping)
            sent += worked
            if not worked and not (until_empty and self._something_waits()):
                break
        self.stdout.write(f"Worked on {sent} deliveries.")

    def _something_waits(self) -> bool:
        """Bring back what is left behind; wait a little for what is still held."""
        sweep_leases()
        time.sleep(PAUSE_SECONDS)
        return Delivery.objects.filter(
            state__in=Delivery.WAITING, dispatch__state=Dispatch.State.SENDING
        ).exists()

    def _stopping(self) -> bool:
        return self.is_stopping

    def _stop(self, *_signal: Any) -> None:
        self.is_stopping = True

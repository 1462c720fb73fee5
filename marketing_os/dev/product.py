"""The three programs of the product: web, worker and beat, started and kept running."""

import signal
import sys
from collections.abc import Callable, Sequence
from time import monotonic, sleep

from marketing_os.dev.child import Child
from marketing_os.dev.errors import LauncherError
from marketing_os.dev.places import BASE_DIR, Places
from marketing_os.dev.servers import Servers

RESTART_PAUSES = (0.5, 2, 5, 15, 30)  # seconds before each next try
CALM = 60  # seconds; after so long a life the pauses begin anew
LOOK_EVERY = 0.25  # seconds


class Product:
    """Web, worker and beat as children of this process; `keep` are files they inherit."""

    def __init__(self, places: Places, *, keep: Sequence[int]) -> None:
        self._places, self._keep = places, keep
        self.web = self._child("web", patience=10)
        self._beat = self._child("beat", patience=10)
        # A task lasts less than a minute; what is cut off is found again by its lease.
        self._worker = self._child("worker", patience=30)
        self._children = (self.web, self._beat, self._worker)
        self._failures = dict.fromkeys(self._children, 0)
        self._due: dict[Child, float] = {}
        self._started: dict[Child, float] = {}

    def _child(self, name: str, *, patience: float) -> Child:
        return Child(
            name,
            [],
            run=self._places.run,
            log=self._places.log,
            patience=patience,
            cwd=BASE_DIR,
            keep=self._keep,
        )

    def claim(self) -> None:
        """End what a killed run left of these programs."""
        for child in self._children:
            child.claim()

    def start(self, listener: int) -> None:
        """Start all; the web server serves the open socket `listener`."""
        python = [sys.executable, "-m"]
        celery = [*python, "celery", "-A", "marketing_os", "--quiet"]
        self.web.keep = (*self._keep, listener)
        self.web.command = [*python, "gunicorn", "marketing_os.wsgi"]
        self.web.command += ["--bind", f"fd://{listener}", "--no-control-socket"]
        self.web.command += ["--workers", "2", "--threads", "4", "--timeout", "120"]
        self.web.command += ["--graceful-timeout", "8"]
        self._beat.command = [*celery, "beat", "--pidfile="]
        self._worker.command = [*celery, "worker", "--concurrency", "2"]
        self._worker.command += ["--without-gossip", "--without-mingle"]
        for child in self._children:
            self._start(child)

    def _start(self, child: Child) -> None:
        child.start()
        self._started[child] = monotonic()

    def watch(self, servers: Servers, say: Callable[[str], None]) -> None:
        """Start again what dies, servers included, until interrupted."""
        while True:
            try:
                for kind in servers.rejoin_lost():
                    say(f"The embedded {kind} was killed; it is up again.")
            except LauncherError as error:
                say(str(error))
            for child in self._children:
                self._look_after(child, say)
            sleep(LOOK_EVERY)

    def _look_after(self, child: Child, say: Callable[[str], None]) -> None:
        now = monotonic()
        if child in self._due:
            if now >= self._due[child]:
                del self._due[child]
                self._start(child)
        elif child.has_died():
            if now - self._started[child] > CALM:
                self._failures[child] = 0
            pause = RESTART_PAUSES[min(self._failures[child], len(RESTART_PAUSES) - 1)]
            self._failures[child] += 1
            self._due[child] = now + pause
            say(
                f"The {child.name} has died; it starts again in {pause} s. See {child.log}."
            )

    def stop(self) -> None:
        """Stop all in order: no new requests, no new hints, then the work at hand.

        A second Ctrl-C or SIGTERM ends at once what still runs.
        """

        def end_at_once(number: int, frame: object) -> None:
            for child in self._children:
                child.kill()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, end_at_once)
        for child in self._children:
            child.stop()

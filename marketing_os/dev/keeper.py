"""The keeper of one embedded server: runs it as long as somebody uses it.

`python -m marketing_os.dev.keeper KIND VAR_DIR` listens on `KIND.keeper` beside the
server's socket. Who uses the server keeps a connection open; the kernel closes it
however that process ends, so kill -9 leaves no count wrong. The keeper answers
"ready" or the reason why not, starts the server again when it dies, and stops it
when the last connection has closed.
"""

import contextlib
import os
import selectors
import signal
import socket
import sys
import time
from pathlib import Path

from marketing_os.dev.child import Child
from marketing_os.dev.errors import LauncherError
from marketing_os.dev.places import Places, lock, open_places
from marketing_os.dev.postgres import Postgres
from marketing_os.dev.valkey import Valkey

SERVERS: dict[str, type[Postgres] | type[Valkey]] = {
    server.kind: server for server in (Postgres, Valkey)
}
START_LIMIT = 300  # seconds; recovery after a crash may take long
LONELY_LIMIT = 10  # seconds to wait for the first user
RESTART_PAUSES = (0.2, 1, 5, 15, 30)  # seconds before each next try


class Keeper:
    """Runs one server and counts its users; `run` returns when it is stopped."""

    def __init__(self, kind: str, places: Places) -> None:
        self._server = SERVERS[kind](places)
        self._child: Child | None = None
        self._users: set[socket.socket] = set()
        self._leaving: list[socket.socket] = []
        self._had_users = False
        self._told_to_stop = False
        self._path = places.sockets / f"{kind}.keeper"
        self._selector = selectors.DefaultSelector()
        self._listener = socket.socket(socket.AF_UNIX)

    def run(self) -> None:
        """Listen, start the server, serve its users, stop it."""
        self._listen()
        try:
            self._child = self._server.prepare()
            self._start()
        except (LauncherError, OSError) as error:
            self._refuse(str(error))
        else:
            self._serve()
        finally:
            self._listener.close()
            if self._child is not None:
                self._child.stop()
            self._let_go()

    def _listen(self) -> None:
        self._path.unlink(missing_ok=True)
        self._listener.bind(str(self._path))
        self._path.chmod(0o600)
        self._listener.listen(100)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        wake_reader, wake_writer = os.pipe()
        for descriptor in (wake_reader, wake_writer):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop_when_told)
        self._selector.register(wake_reader, selectors.EVENT_READ)

    def _stop_when_told(self, number: int, frame: object) -> None:
        self._told_to_stop = True

    def _start(self) -> None:
        """Start the server and wait until it takes work."""
        child = self._child
        if child is None:
            return
        child.start()
        limit = time.monotonic() + START_LIMIT
        while not self._server.is_ready():
            if child.has_died():
                raise LauncherError(
                    f"{self._server.title} did not start. "
                    f"The end of {child.log} says why:\n{child.log_tail()}"
                )
            if time.monotonic() > limit:
                raise LauncherError(f"{self._server.title} does not answer.")
            time.sleep(0.02)

    def _serve(self) -> None:
        lonely_since = time.monotonic()
        while not self._told_to_stop:
            for key, _ in self._selector.select(timeout=LONELY_LIMIT / 2):
                self._hear(key.fileobj)
            self._restart_if_dead()
            self._greet()
            if self._users:
                self._had_users = True
                self._let_go()
            elif self._had_users or time.monotonic() - lonely_since > LONELY_LIMIT:
                return

    def _hear(self, source: object) -> None:
        if isinstance(source, int):
            with contextlib.suppress(BlockingIOError):
                os.read(source, 100)
        elif isinstance(source, socket.socket) and source in self._users:
            with contextlib.suppress(OSError):
                if source.recv(16):
                    return
            self._leave(source)

    def _leave(self, user: socket.socket) -> None:
        self._selector.unregister(user)
        self._users.discard(user)
        self._leaving.append(user)

    def _let_go(self) -> None:
        """Close with those who left; the last of all waits until the server is down."""
        for user in self._leaving:
            user.close()
        self._leaving.clear()

    def _greet(self) -> None:
        """Take in who is waiting at the door."""
        with contextlib.suppress(BlockingIOError):
            while True:
                user, _ = self._listener.accept()
                self._users.add(user)
                self._selector.register(user, selectors.EVENT_READ)
                with contextlib.suppress(OSError):
                    user.sendall(b"ready\n")

    def _restart_if_dead(self) -> None:
        child = self._child
        if child is None or not child.has_died():
            return
        for pause in RESTART_PAUSES:
            _say(f"{self._server.title} has died; starting it again.")
            time.sleep(pause)
            if self._told_to_stop:
                return
            try:
                self._start()
            except LauncherError as error:
                _say(str(error))
            else:
                return
        raise LauncherError(f"{self._server.title} cannot be started again.")

    def _refuse(self, reason: str) -> None:
        """Tell those who wait why there is no server."""
        _say(reason)
        with contextlib.suppress(OSError):
            self._listener.settimeout(1)
            while True:
                user, _ = self._listener.accept()
                user.sendall(f"error {reason}".encode())
                user.close()


def _say(sentence: str) -> None:
    now = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
    print(f"{now} {sentence}", flush=True)


def main() -> None:
    kind, var = sys.argv[1:]
    places = open_places(Path(var))
    if lock(places.run / f"{kind}.keeper.lock") is None:
        return  # another keeper runs it
    try:
        Keeper(kind, places).run()
    except LauncherError as error:
        _say(str(error))


if __name__ == "__main__":
    main()

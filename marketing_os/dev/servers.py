"""The embedded servers, for whoever needs them: start or join, and leave.

`ensure_servers` is called before Django reads its settings. Where the environment
(or the file `.env`) names no DATABASE_URL it starts, or joins, the PostgreSQL under
VAR_DIR, and where it names no BROKER_URL the Valkey; then it puts into os.environ

- VAR_DIR: an absolute path, `var` beside manage.py unless given;
- DATABASE_URL: postgres://marketing_os:…@%2Ftmp%2Fmos-…%2Fpostgres:5432/marketing_os,
  understood by libpq and psycopg as it is; django-environ leaves the host encoded
  (and lowers it: the folder has no capitals), so the settings decode it;
- SEGMENTS_DATABASE_URL: the same database, as the role mos_segment (embedded only);
- BROKER_URL: redis+socket:///tmp/mos-…/valkey.sock, understood by Celery (kombu);
  the plain redis client wants the scheme unix instead of redis+socket;
- SECRET_KEY.

What is set already stays. Generated secrets lie in files below VAR_DIR that only
their owner can read. The last one to leave a server stops it.
"""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import environ

from marketing_os.dev.errors import LauncherError
from marketing_os.dev.places import BASE_DIR, Places, lock, open_places, secret
from marketing_os.dev.postgres import database_url
from marketing_os.dev.valkey import broker_url

URLS: dict[str, tuple[str, Callable[[Places], str]]] = {
    "postgres": ("DATABASE_URL", database_url),
    "valkey": ("BROKER_URL", broker_url),
}
SEGMENT_ROLE = "mos_segment"
JOIN_LIMIT = 330  # seconds; a little more than a keeper gives its server
LEAVE_LIMIT = 90  # seconds; a little more than a keeper gives its server to stop


class Servers:
    """The embedded servers that this process uses, and its connections to their keepers.

    A keeper sees a connection close when we end, whatever ends us.
    """

    def __init__(self, places: Places) -> None:
        self.places = places
        self._connections: dict[str, socket.socket] = {}

    @property
    def kinds(self) -> tuple[str, ...]:
        return tuple(self._connections)

    @property
    def descriptors(self) -> tuple[int, ...]:
        """What a child process inherits to keep the servers up for its own life."""
        return tuple(link.fileno() for link in self._connections.values())

    def join(self, kinds: Sequence[str]) -> None:
        """Use these servers from now on; start those that nobody uses yet."""
        doors = [_Door(kind, self.places) for kind in kinds]
        for door in doors:
            door.have_keeper()
        for door in doors:
            self._connections[door.kind] = door.enter()

    def rejoin_lost(self) -> list[str]:
        """Start the servers again whose keeper was killed, and name them."""
        lost = [kind for kind, link in self._connections.items() if _is_closed(link)]
        self.join(lost)
        return lost

    def leave(self) -> None:
        """Stop using the servers; the last user waits until they are down.

        A keeper closes the connection at once when others stay, else at its end.
        """
        for link in self._connections.values():
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_WR)
        for link in self._connections.values():
            with contextlib.suppress(OSError):
                link.settimeout(LEAVE_LIMIT)
                while link.recv(64):
                    pass
            link.close()


@contextmanager
def ensure_servers(var_dir: Path | None = None) -> Iterator[Servers]:
    """Have the database and the broker up, and named in os.environ, for the block.

    `var_dir` wins over the environment's VAR_DIR. Raises LauncherError with a
    sentence for the person when a server cannot be had.
    """
    environ.Env.read_env(
        os.environ.get("ENV_FILE", str(BASE_DIR / ".env")), overwrite=False
    )
    places = open_places(var_dir or Path(os.environ.get("VAR_DIR") or BASE_DIR / "var"))
    os.environ["VAR_DIR"] = str(places.var)
    missing = [kind for kind, (name, _) in URLS.items() if not _is_set(name)]
    servers = Servers(places)
    try:
        servers.join(missing)
        for kind in missing:
            name, url = URLS[kind]
            os.environ[name] = url(places)
        _set_secrets(places, is_own_database="postgres" in missing)
        yield servers
    finally:
        servers.leave()


def _is_set(name: str) -> bool:
    return bool(os.environ.get(name, "").strip())


def _set_secrets(places: Places, *, is_own_database: bool) -> None:
    """Generate what was not given.

    A server that others use too may serve several hosts, and a password made on one
    would lock the others out; there it is derived from SECRET_KEY, which they share.
    """
    if not _is_set("SECRET_KEY"):
        os.environ["SECRET_KEY"] = secret(places.var, "secret_key")
    if is_own_database and not _is_set("SEGMENTS_DATABASE_URL"):
        password = secret(places.var, f"{SEGMENT_ROLE}_password")
        os.environ["SEGMENTS_DATABASE_URL"] = with_login(
            os.environ["DATABASE_URL"], SEGMENT_ROLE, password
        )


def with_login(url: str, role: str, password: str) -> str:
    """Return the URL with another role and password in it."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(
        parts._replace(netloc=f"{role}:{quote(password, safe='')}@{host}")
    )


class _Door:
    """The way to one server's keeper, who is started when there is none."""

    def __init__(self, kind: str, places: Places) -> None:
        self.kind = kind
        self._places = places
        self._keeper: subprocess.Popen[bytes] | None = None

    def enter(self) -> socket.socket:
        """Return a connection to the keeper, once its server takes work."""
        limit = time.monotonic() + JOIN_LIMIT
        while time.monotonic() < limit:
            if connection := _connect(self._places.sockets / f"{self.kind}.keeper"):
                connection.settimeout(JOIN_LIMIT)
                with contextlib.suppress(OSError):
                    answer = connection.recv(65536).decode(errors="replace")
                    if answer.startswith("ready"):
                        connection.setblocking(False)
                        return connection
                    if answer:
                        raise LauncherError(answer.removeprefix("error "))
                connection.close()
            self.have_keeper()
            time.sleep(0.02)
        raise LauncherError(
            f"The embedded {self.kind} does not come up; see {self._places.log}."
        )

    def have_keeper(self) -> None:
        """Start a keeper, unless one runs or ours is still on its way."""
        if self._keeper is not None and self._keeper.poll() is None:
            return
        free = lock(self._places.run / f"{self.kind}.keeper.lock")
        if free is None:
            return
        os.close(free)
        command = [sys.executable, "-m", "marketing_os.dev.keeper"]
        with (self._places.log / f"{self.kind}.keeper.log").open("ab") as log:
            self._keeper = subprocess.Popen(
                [*command, self.kind, str(self._places.var)],
                cwd=BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )


def _is_closed(link: socket.socket) -> bool:
    try:
        return not link.recv(64, socket.MSG_PEEK)  # never waits, see `_Door.enter`
    except BlockingIOError:
        return False
    except OSError:
        return True


def _connect(path: Path) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        return None
    return connection

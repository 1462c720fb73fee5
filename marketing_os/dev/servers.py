"""The embedded servers, for whoever needs them: start or join, and leave.

`ensure_servers` is called before Django reads its settings. Where the environment
(or the file `.env`) names no DATABASE_URL it starts, or joins, the PostgreSQL under
VAR_DIR, and where it names no BROKER_URL the Valkey; then it puts into os.environ

- VAR_DIR: an absolute path, `var` beside manage.py unless given;
- DATABASE_URL: postgres://marketing_os:…@%2Ftmp%2Fmos-…%2Fpostgres:5432/marketing_os,
  understood by libpq and psycopg as it is; django-environ leaves the host encoded
  (and lowers it: the folder has no capitals), so the settings decode it;
- SEGMENTS_DATABASE_URL: the same database, as the role mos_segment;
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
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import environ

from marketing_os.dev.errors import LauncherError
from marketing_os.dev.places import BASE_DIR, Places, lock, open_places, secret
from marketing_os.dev.postgres import database_url
from marketing_os.dev.valkey import broker_url

SEGMENT_ROLE = "mos_segment"
JOIN_LIMIT = 330  # seconds; a little more than a keeper gives its server


@dataclass(frozen=True)
class Servers:
    """What is used: `started` names the embedded servers, `connections` keep them."""

    places: Places
    started: tuple[str, ...]
    connections: tuple[int, ...]


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
    wanted = {
        "postgres": ("DATABASE_URL", database_url(places)),
        "valkey": ("BROKER_URL", broker_url(places)),
    }
    with ExitStack() as stack:
        connections: list[int] = []
        started = [kind for kind, (name, _) in wanted.items() if not _is_set(name)]
        for kind in started:
            _spawn_keeper_unless_running(kind, places)
        for kind in started:
            connections.append(stack.enter_context(_joined(kind, places)))
            name, url = wanted[kind]
            os.environ[name] = url
        _set_secrets(places)
        yield Servers(places, tuple(started), tuple(connections))


def _is_set(name: str) -> bool:
    return bool(os.environ.get(name, "").strip())


def _set_secrets(places: Places) -> None:
    if not _is_set("SECRET_KEY"):
        os.environ["SECRET_KEY"] = secret(places.var, "secret_key")
    if not _is_set("SEGMENTS_DATABASE_URL"):
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


@contextmanager
def _joined(kind: str, places: Places) -> Iterator[int]:
    """Be a user of the server: the keeper sees the connection close when we end."""
    connection = _join(kind, places)
    try:
        yield connection.fileno()
    finally:
        # The keeper closes at once when others stay, else when the server is down.
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(90)
            while connection.recv(64):
                pass
        connection.close()


def _join(kind: str, places: Places) -> socket.socket:
    limit = time.monotonic() + JOIN_LIMIT
    while time.monotonic() < limit:
        if connection := _connect(places.sockets / f"{kind}.keeper"):
            connection.settimeout(JOIN_LIMIT)
            with contextlib.suppress(OSError):
                answer = connection.recv(65536).decode(errors="replace")
                if answer.startswith("ready"):
                    return connection
                if answer:
                    raise LauncherError(answer.removeprefix("error "))
            connection.close()
        _spawn_keeper_unless_running(kind, places)
        time.sleep(0.02)
    raise LauncherError(f"The embedded {kind} does not come up; see {places.log}.")


def _connect(path: Path) -> socket.socket | None:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(path))
    except OSError:
        connection.close()
        return None
    return connection


def _spawn_keeper_unless_running(kind: str, places: Places) -> None:
    free = lock(places.run / f"{kind}.keeper.lock")
    if free is None:
        return
    os.close(free)
    with (places.log / f"{kind}.keeper.log").open("ab") as log:
        subprocess.Popen(
            [sys.executable, "-m", "marketing_os.dev.keeper", kind, str(places.var)],
            cwd=BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )

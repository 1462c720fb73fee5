"""`make run`: the whole product on this machine, until Ctrl-C or SIGTERM."""

import http.client
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from time import monotonic, sleep

from marketing_os.dev.errors import LauncherError
from marketing_os.dev.places import Places, lock, remember_site_url, secret
from marketing_os.dev.product import Product
from marketing_os.dev.servers import Servers, ensure_servers
from marketing_os.dev.set_up import set_up

HOST = "127.0.0.1"
ADMINISTRATOR = "admin"
HEALTHY_LIMIT = 180  # seconds until the web server must answer


def run() -> None:
    """Set up and run everything; return when told to stop, with nothing left running."""
    # SIGINT too: a shell starts background jobs with it ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with ensure_servers() as servers, _only_one(servers.places) as mark:
            _run_beside(servers, mark)
    except KeyboardInterrupt:
        _say("Stopped.")


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def _say(sentence: str) -> None:
    print(sentence, flush=True)


@contextmanager
def _only_one(places: Places) -> Iterator[int]:
    """Refuse to run twice in one VAR_DIR; the lock's file says where the first is."""
    path = places.run / "run.lock"
    mark = lock(path)
    if mark is None:
        where = path.read_text() or "starting up"
        raise LauncherError(
            f"Marketing OS runs already with the data in {places.var}: {where}. "
            "Stop it with Ctrl-C there, or name another VAR_DIR and PORT."
        )
    try:
        os.ftruncate(mark, 0)
        yield mark
    finally:
        os.close(mark)


def _run_beside(servers: Servers, mark: int) -> None:
    """Run the product beside its servers; `mark` is the file that tells others of us."""
    product = Product(servers.places, keep=servers.descriptors)
    product.claim()  # an orphan of a killed run may hold the port
    with _listener() as listener:
        address = f"http://{HOST}:{listener.getsockname()[1]}"
        os.pwrite(mark, f"{address}/ (process {os.getpid()})".encode(), 0)
        os.environ.setdefault("SITE_URL", address)
        remember_site_url(servers.places)
        places = servers.places
        password = os.environ.get("ADMIN_PASSWORD") or secret(
            places.var, "admin_password", size=12
        )
        shown = password
        _say("Preparing the database …")
        sentences = set_up(places, password, demo="postgres" in servers.kinds)
        for sentence in sentences:
            _say(sentence)
        if any("keeps the password" in sentence for sentence in sentences):
            shown = "as it was set before"
        try:
            product.start(listener.fileno())
            _wait_until_healthy(product, listener)
            _greet(servers, address, shown)
            product.watch(servers, _say)
        except KeyboardInterrupt:
            _say("Stopping …")
            raise
        finally:
            product.stop()


def _listener() -> socket.socket:
    """Open the web server's port here, so that its restarts lose no request."""
    text = os.environ.get("PORT") or "8000"
    try:
        return socket.create_server((HOST, int(text)), backlog=256)
    except (ValueError, OverflowError) as error:
        raise LauncherError(
            f"PORT must be a number up to 65535, not “{text}”."
        ) from error
    except OSError as error:
        raise LauncherError(
            f"Port {text} cannot be used: {os.strerror(error.errno or 0)}. "
            "Stop the program that has it, or choose another: make run PORT=8001."
        ) from error


def _wait_until_healthy(product: Product, listener: socket.socket) -> None:
    limit = monotonic() + HEALTHY_LIMIT
    while not _answers(*listener.getsockname()):
        web = product.web
        if web.has_died() or monotonic() > limit:
            raise LauncherError(
                f"The web server did not start. The end of {web.log} says why:\n"
                f"{web.log_tail()}"
            )
        sleep(0.1)


def _answers(host: str, port: int) -> bool:
    """Say whether the web server answers; a refusal of our host name is an answer."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    with suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    return False


def _greet(servers: Servers, address: str, password: str) -> None:
    places = servers.places
    _say(f"\nMarketing OS is running.\n\n  Address   {address}/admin/")
    _say(f"  Name      {ADMINISTRATOR}\n  Password  {password}")
    _say(f"\n  Logs      {places.log}")
    if "postgres" in servers.kinds:
        _say(f"  Database  {_place_of_data(places)}")
    _say("\nCtrl-C stops it.")


def _place_of_data(places: Places) -> str:
    link = places.var / "postgres"
    if not link.is_symlink():
        return str(link)
    return f"{link.resolve()}, as the database's own user cannot enter {places.var}"

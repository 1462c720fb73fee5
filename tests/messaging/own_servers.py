"""Servers of one test alone, which it may end as hard as it likes."""

import shutil
import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path

from marketing_os.dev.places import open_places
from tests.waiting import wait_until


class OwnServer:
    def __init__(self, server):
        self._server = server
        self._child = server.prepare()
        self.start()

    def start(self):
        self._child.start()
        wait_until(self._server.is_ready, 60, "The server does not come up.")

    def end(self, number):
        """Send it a signal and wait until it is gone."""
        self._child.process.send_signal(number)
        self._child.process.wait(60)

    def stop(self):
        self._child.stop()


@contextmanager
def own_server(kind):
    """Run a server of this kind below a new folder; give it and its places."""
    folder = Path(tempfile.mkdtemp(prefix="mos-test-"))
    folder.chmod(0o711)  # root's database runs as another user, who must pass
    places = open_places(folder)
    server = OwnServer(kind(places))
    try:
        yield server, places
    finally:
        server.stop()
        for left in (folder, places.sockets):
            shutil.rmtree(left, ignore_errors=True)


def tell(path, words):
    """Send one command to a Valkey and wait for its answer."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))
        client.sendall(words + b"\r\n")
        return client.recv(64)

"""The product's web server for benchmarks, and how much CPU it took."""

import os
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A running gunicorn with two workers."""

    def __init__(self, port, pid):
        self.port = port
        self._pid = pid

    def cpu_seconds(self):
        """Return the CPU time that its processes took until now."""
        children = Path(f"/proc/{self._pid}/task/{self._pid}/children").read_text()
        return sum(map(_cpu_of, [self._pid, *map(int, children.split())]))


def _cpu_of(pid):
    # The name of a process, in brackets, may hold spaces.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@contextmanager
def serving(application, **environment):
    """Serve an application as `make run` does, on a port of its own."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        listener.set_inheritable(True)
        number = listener.fileno()
        command = [sys.executable, "-m", "gunicorn", application]
        command += ["--bind", f"fd://{number}", "--no-control-socket"]
        command += ["--workers", "2", "--threads", "4", "--timeout", "120"]
        process = subprocess.Popen(
            command,
            pass_fds=[number],
            env=os.environ | {"ALLOWED_HOSTS": "localhost"} | environment,
        )
        try:
            yield Server(listener.getsockname()[1], process.pid)
        finally:
            process.terminate()
            process.wait()

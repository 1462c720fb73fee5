"""Worker processes that tests kill, stop and start again."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from tests.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
LEASE_SECONDS = 2


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


def test_database_url():
    database = connection.settings_dict
    login = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}"
    host, port = quote(database["HOST"], safe=""), database["PORT"] or 5432
    return f"postgres://{login}@{host}:{port}/{database['NAME']}"


test_database_url.__test__ = False


def environment(**overrides):
    """The environment of a worker that uses the test's database."""
    return (
        dict(os.environ)
        | {
            "DATABASE_URL": test_database_url(),
            "DJANGO_SETTINGS_MODULE": "marketing_os.settings",
            "ENV_FILE": os.devnull,
            "SECRET_KEY": settings.SECRET_KEY,
            "LEASE_SECONDS": str(LEASE_SECONDS),
            "RETRY_SECONDS": "0.1",
            "NO_PROXY": "127.0.0.1",
            "RESEND_API_KEY": "",
            "EMAIL_HOST": "",
            "MAIL_CHANNEL": "",
        }
        | overrides
    )


WORKER = ("manage.py", "send_due", "--until-empty")


def start(*command, **overrides):
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment(**overrides),
        stdout=subprocess.DEVNULL,
    )


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.wait()


class Sink:
    """The SMTP sink's process and the file that it writes."""

    def __init__(self, folder):
        self.port = free_port()
        self.path = folder / f"sink-{self.port}.txt"
        self.path.touch()
        self.process = start(
            "-m", "tests.messaging.sink", str(self.port), str(self.path)
        )
        wait_until(self._answers, message="The sink does not answer.")

    def _answers(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def taken(self):
        """Count how often each delivery arrived."""
        return Counter(int(line) for line in self.path.read_text().split())

    def size(self):
        return self.path.read_bytes().count(b"\n")

    def environment(self):
        return {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(self.port)}


@contextmanager
def sink(folder):
    made = Sink(folder)
    try:
        yield made
    finally:
        kill(made.process)


def run_and_kill(command, size, *, kills, workers, total, seconds=500, **env):
    """Keep `workers` processes going; kill one at a time, at random moments.

    `size` tells how much has arrived; a kill happens after so many more mails that
    all kills fall into the run. Returns how many processes were killed.
    """
    running = [start(*command, **env) for _ in range(workers)]
    killed = 0
    step = total // (kills + 2)
    limit = time.monotonic() + seconds
    try:
        while any(process.poll() is None for process in running):
            assert time.monotonic() < limit, "The workers did not end in time."
            if killed < kills and size() >= (killed + random.random()) * step:
                alive = [process for process in running if process.poll() is None]
                victim = random.choice(alive)
                kill(victim)
                running.remove(victim)
                running.append(start(*command, **env))
                killed += 1
            time.sleep(0.01)
    finally:
        for process in running:
            kill(process)
    return killed

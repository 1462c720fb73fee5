"""Starts the launcher and commands the way a person does, in a VAR_DIR of their own."""

import itertools
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.waiting import wait_until

PROJECT = Path(__file__).resolve().parent.parent.parent
# What the tests' own servers put into the environment.
OURS = ("DATABASE_URL", "BROKER_URL", "SEGMENTS_DATABASE_URL", "SECRET_KEY")
START_LIMIT = 300  # seconds; the machine may be busy
_numbers = itertools.count(1)


def environment(var_dir, **overrides):
    names = ("DJANGO_SETTINGS_MODULE", "PORT", "ADMIN_PASSWORD", "SITE_URL", *OURS)
    kept = {name: value for name, value in os.environ.items() if name not in names}
    return kept | {"VAR_DIR": str(var_dir), "DEMO": "0"} | overrides


def manage(var_dir, *command, project=PROJECT, **overrides):
    """Run a command of manage.py to its end and return what it printed."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=project,
        env=environment(var_dir, **overrides),
        capture_output=True,
        text=True,
        timeout=START_LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def ask(var_dir, question, **options):
    """Return the one value that the database answers with."""
    code = (
        "from django.db import connection as c; k = c.cursor(); "
        f"k.execute({question!r}); print(k.fetchone()[0] if k.description else '')"
    )
    return manage(var_dir, "shell", "-v", "0", "-c", code, **options)


def processes(var_dir):
    """Return the numbers of the processes that have to do with this VAR_DIR."""
    needle, found = os.fsencode(var_dir), []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        try:
            texts = [(folder / name).read_bytes() for name in ("cmdline", "environ")]
        except OSError:
            continue
        if any(needle in text for text in texts):
            found.append(int(folder.name))
    return found


def kill_all(var_dir):
    """End with SIGKILL all that belongs to this VAR_DIR, until nothing is left."""
    while numbers := processes(var_dir):
        for number in numbers:
            try:
                os.kill(number, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.05)


def wait_until_nothing_runs(var_dir, timeout=60):
    wait_until(lambda: not processes(var_dir), timeout, "Processes were left behind.")


class Run:
    """One `make run`, on a free port."""

    def __init__(self, var_dir, project=PROJECT, **overrides):
        self.var_dir = var_dir
        self.output_path = Path(f"{var_dir}.{next(_numbers)}.output")
        with self.output_path.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "marketing_os.dev", "run"],
                cwd=project,
                env=environment(var_dir, **{"PORT": "0"} | overrides),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self):
        return self.output_path.read_text()

    @property
    def address(self):
        return re.search(r"http://127\.0\.0\.1:\d+", self.output).group()

    def wait_until_up(self):
        def is_up():
            assert self.process.poll() is None, self.output
            return "Ctrl-C stops it." in self.output

        wait_until(is_up, START_LIMIT, f"The product did not come up:\n{self.output}")
        return self

    def get(self, path):
        with urllib.request.urlopen(self.address + path, timeout=30) as answer:  # noqa: S310
            return answer.read().decode()

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.process.wait(timeout=90)

    def wait_until_ended(self):
        return self.process.wait(timeout=90)


def forget(var_dir):
    """End what a failed test left, and remove its folders."""
    kill_all(var_dir)
    link = Path(var_dir) / "postgres"
    if link.is_symlink():
        shutil.rmtree(link.readlink().parent, ignore_errors=True)
    shutil.rmtree(var_dir, ignore_errors=True)

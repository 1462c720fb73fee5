"""Bring the database and the static files into the state that this code needs."""

import os
import subprocess
import sys
from contextlib import ExitStack

from marketing_os.dev.errors import LauncherError
from marketing_os.dev.places import BASE_DIR, Places


def set_up(places: Places, password: str, *, demo: bool) -> list[str]:
    """Migrate, run `manage.py setup` and collect the static files.

    `password` is for a new administrator. With `demo` an empty database is filled,
    unless DEMO says otherwise. Returns the sentences that `setup` has for the person.
    """
    environment = {"DEMO": "1" if demo else "0"} | os.environ
    environment["ADMIN_PASSWORD"] = password
    # One that the person chose replaces another; a generated one does not.
    environment["ADMIN_PASSWORD_CHOSEN"] = (
        "1" if os.environ.get("ADMIN_PASSWORD") else "0"
    )
    with ExitStack() as stack:

        def start(*command: str) -> _Step:
            step = _Step(places, environment, *command)
            stack.callback(step.end)
            return step

        static_files = start("collectstatic", "--noinput")  # meanwhile
        start("migrate", "--noinput").finish()
        sentences = start("setup").finish()
        static_files.finish()
    return sentences.splitlines()


class _Step:
    """One command of manage.py, running."""

    def __init__(
        self, places: Places, environment: dict[str, str], *command: str
    ) -> None:
        self._name, self._log = command[0], places.log / "setup.log"
        self._process = subprocess.Popen(
            [sys.executable, "manage.py", *command],
            cwd=BASE_DIR,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        )

    def finish(self) -> str:
        """Return what the command printed; raise LauncherError when it failed."""
        output, errors = self._process.communicate()
        with self._log.open("a") as log:
            log.write(output + errors)
        if self._process.returncode:
            raise LauncherError(_reason(self._name, output + errors))
        return output

    def end(self) -> None:
        self._process.kill()
        self._process.communicate()


def _reason(command: str, output: str) -> str:
    _, marker, reason = output.rpartition("django.db.utils.OperationalError: ")
    if marker:
        return f"The database cannot be used: {reason.strip()}"
    end = "\n".join(output.splitlines()[-15:])
    return f"“manage.py {command}” failed:\n{end}"
